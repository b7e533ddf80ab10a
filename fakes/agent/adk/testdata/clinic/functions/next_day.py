from _gen import *  # <AUTO GENERATED>
import datetime


@func_description("The day after.")
def next_day(conv: Conversation):
    conv.state.tomorrow = (conv.state.now.astimezone(conv.state.zone) + datetime.timedelta(days=1)).isoformat()
    del conv.state["seconds"]
    conv.state["missing one"]
