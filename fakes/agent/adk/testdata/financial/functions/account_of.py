from _gen import *  # <AUTO GENERATED>


def account_of(conv: Conversation, number: str):
    return {"number": number, "pin": conv.utils.get_secret("pin")}
