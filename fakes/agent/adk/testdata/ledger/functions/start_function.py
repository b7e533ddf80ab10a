from _gen import *  # <AUTO GENERATED>


def start_function(conv: Conversation):
    conv.state.ids = [conv.account_id, conv.project_id, conv.id]
    conv.state.variants = {name: variant.greeting for name, variant in conv.variants.items()}
    conv.state.variant = [dict(conv.variant), conv.variant["greeting"], conv.variant.get("fee"), conv.variant.fee, "fee" in conv.variant]
    desk = conv.handoffs["desk"]
    conv.state.desk = [type(desk).__name__, desk.sip_type, desk.sip_config, desk.sip_headers]
    conv.state.plain = conv.handoffs["plain"] == HandoffConfig("bye")
    conv.write_metric("OPENED", 1)
    conv.write_metric("TIER", "gold", write_once=True)
    conv.write_metric("TIER", "silver", write_once=True)
    conv.state.queued = conv.metrics_queue
    conv.set_voice(ElevenLabsVoice("v-1", speed=1.1))


@func_latency_control
def never_called(conv: Conversation, voice: VoiceType, address: Address, language: SupportedLanguageCodes):
    raise SMSMissingAssistantAccess("secret", "assistant", "twilio")
