from _gen import *  # <AUTO GENERATED>


@func_description("Looks at what the stub gives.")
def look(conv: Conversation):
    conv.state.queued_again = len(conv.metrics_queue)
    conv.state.metrics = [[event.name, event.value] for event in conv.metric_events]
    conv.state.known = conv.metric_events[0] == MetricEvent("OPENED", 1)
    voices = [
        ElevenLabsVoice("v-1", speed=1.1), CartesiaVoice("v-2", emotions=[Emotion(kind=EmotionKind.ANGER)], language="fr"), GoogleVoice("v-3", gender="male"),
        MinimaxVoice("speech-02-hd", "v-4", vol=2), RimeVoice("v-5"), PlayHTVoice("v-6", temperature=0.2), HumeVoice("v-7"), CustomVoice("own", "v-8", pitch=2),
    ]
    conv.state.voices = [voice.provider_voice_id for voice in voices]
    conv.state.properties = [voices[0].stability, voices[0].speed, voices[1].language, voices[2].gender, voices[3].vol, voices[4].speech_alpha, voices[5].temperature]
    conv.state.weight = VoiceWeighting(voices[0], 0.5).weight
    conv.state.classes = [isinstance(conv.real_time_config, ReadOnlyDict), isinstance(conv.functions, FunctionExecutor), isinstance(conv.state, State)]
    errors = []
    for attempt in (
        lambda: setattr(conv, "state", {}), lambda: setattr(conv, "language", "fr"), lambda: delattr(conv.state, "known"),
        lambda: ElevenLabsVoice(), lambda: Address(), lambda: voices[0].to_dict(), lambda: voices[0].provider, lambda: conv.history[0].to_dict(),
        lambda: conv.log.debug("x"), lambda: Handoff(conv.handoffs["desk"], None).to_response(), lambda: conv.functions.never_there(), lambda: conv.functions.update(a=1),
        lambda: conv.variant["fee"],
    ):
        try:
            errors.append(str(attempt()))
        except Exception as e:
            errors.append(type(e).__name__)
    conv.state.errors = errors
