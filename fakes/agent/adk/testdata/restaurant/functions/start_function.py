from _gen import *  # <AUTO GENERATED>
import plog


def start_function(conv: Conversation):
    plog.info("in", conv.variant_name)
    if conv.integration_attributes:
        conv.variant.greeting = f"Welcome, {conv.integration_attributes['name']}"
    conv.state.greeting = conv.variant.greeting
    conv.state.tables = int(conv.variant.tables)
    try:
        conv.real_time_config["open"] = True
    except TypeError as e:
        plog.warn(str(e))
    print("printed", flush=True)
