from _gen import *  # <AUTO GENERATED>
import datetime


def start_function(conv: Conversation):
    given = conv.integration_attributes or {}
    conv.state.when = {"at": datetime.datetime(2026, 1, 1), "in": {1}}
    conv.state.age = given.get("age")
    conv.state.kind = type(given.get("age")).__name__
    conv.state.stage = "start"
