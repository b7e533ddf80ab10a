from _gen import *  # <AUTO GENERATED>


def start_function(conv: Conversation):
    conv.log.info(f"given {conv.integration_attributes}")
    conv.set_voice(ElevenLabsVoice(provider_voice_id="v", stability=0.5))
    conv.state.emotion = Emotion(EmotionKind.POSITIVITY).kind == EmotionKind.POSITIVITY
    conv.state.variant = conv.variant
    conv.state.channel = conv.channel_type
    conv.state.account = conv.functions.account_of(conv.caller_number)
