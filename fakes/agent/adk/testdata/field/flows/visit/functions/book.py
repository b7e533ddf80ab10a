from _gen import *  # <AUTO GENERATED>


@func_description("Books.")
@func_parameter("day", "The day.")
def book(conv: Conversation, flow: Flow, day: str):
    conv.state.booked = flow.functions.check(day)
    conv.exit_flow()
    return f"Tell the caller that {day} is booked."
