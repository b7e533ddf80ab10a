"""The names of the ADK's stub that are no members of the conversation: exceptions, voices and small classes, with the arguments and
the properties that the stub gives them. What the stub says only the name of is refused when it is used."""
import typing
from dataclasses import dataclass, field

from . import names


class MissingHandoff(Exception):
    """There is no handoff of this name in config/handoffs.yaml."""

    def __init__(self, handoff_destination):
        super().__init__(f"no handoff {handoff_destination!r} is configured")


class MissingTemplate(Exception):
    pass


class SMSIntegrationNotFound(Exception):
    def __init__(self, secret_name, integration):
        super().__init__(secret_name, integration)


class SMSMissingAssistantAccess(Exception):
    def __init__(self, secret_name, assistant_id, integration):
        super().__init__(secret_name, assistant_id, integration)


class SMSClientFailure(Exception):
    def __init__(self, integration, reason):
        super().__init__(integration, reason)


class SecretNotFound(Exception):
    def __init__(self, secret_name):
        super().__init__(secret_name)


class MissingAccess(Exception):
    def __init__(self, assistant_id, secret_name):
        super().__init__(assistant_id, secret_name)


class InvalidInput(Exception):
    def __init__(self, assistant_id, secret_name):
        super().__init__(assistant_id, secret_name)


class CxOneError(Exception):
    pass


class CxOneMissingContactId(CxOneError):
    pass


class CxOneSecretError(CxOneError):
    pass


class CxOneTokenError(CxOneError):
    pass


class CxOneSignalError(CxOneError):
    pass


EXCEPTIONS = (MissingHandoff, MissingTemplate, SMSIntegrationNotFound, SMSMissingAssistantAccess, SMSClientFailure, SecretNotFound,
              MissingAccess, InvalidInput, CxOneError, CxOneMissingContactId, CxOneSecretError, CxOneTokenError, CxOneSignalError)


def _keep(self, values):
    """Keeps the arguments of a constructor."""
    self.__dict__.update({key: value for key, value in values.items() if key not in ("self", "__class__")})


class TTSVoice:
    def __init__(self, provider, provider_voice_id, config={}):
        _keep(self, locals())

    def __getattr__(self, name):
        if name in ("provider", "to_dict"):
            names.refuse(f"{type(self).__name__}.{name}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class CustomVoice(TTSVoice):
    def __init__(self, provider, provider_voice_id, **kwargs):
        _keep(self, {"provider": provider, "provider_voice_id": provider_voice_id})


class ElevenLabsVoice(TTSVoice):
    def __init__(self, provider_voice_id, similarity_boost=None, stability=None, model_id="eleven_turbo_v2_5", speed=None):
        _keep(self, locals())


class RimeVoice(TTSVoice):
    def __init__(self, provider_voice_id, speech_alpha=1.0, model_id="mistv2"):
        _keep(self, locals())


class CartesiaVoice(TTSVoice):
    def __init__(self, provider_voice_id, speed=0, emotions=None, model_id="sonic", volume=None, emotion=None, language=None):
        _keep(self, locals())


class PlayHTVoice(TTSVoice):
    def __init__(self, provider_voice_id, speed=None, temperature=None, emotion=None, voice_guidance=None, style_guidance=None,
                 voice_engine=None):
        _keep(self, locals())


class MinimaxVoice(TTSVoice):
    def __init__(self, model_id, voice_id, speed=None, vol=None, pitch=None, emotion=None):
        _keep(self, {**locals(), "provider_voice_id": voice_id})


class HumeVoice(TTSVoice):
    def __init__(self, provider_voice_id, voice_description=None, version="2", instant_mode=False, provider="CUSTOM_VOICE"):
        _keep(self, locals())


class GoogleVoice(TTSVoice):
    def __init__(self, provider_voice_id, gender=None):
        _keep(self, locals())


class VoiceWeighting:
    def __init__(self, voice, weight=None):
        _keep(self, locals())


class EmotionKind:
    ANGER, POSITIVITY, SURPRISE = range(3)


class EmotionIntensity:
    LOWEST, LOW, HIGH, HIGHEST = range(4)


class Emotion:
    def __init__(self, kind=None, intensity=None):
        _keep(self, locals())

    def to_dict(self):
        names.refuse("Emotion.to_dict")


@dataclass
class MetricEvent:
    """A metric that was written."""

    name: str
    value: typing.Any


@dataclass
class FlowTransition:
    goto_flow: typing.Optional[str] = None
    exit_flow: bool = False


class Variant(dict):
    """A variant's attributes: text, or None where there is none. They can be assigned."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class Entities(dict):
    __getattr__ = Variant.__getattr__


class ReadOnlyDict(dict):
    def _refuse(self, *_args, **_kwargs):
        raise TypeError(f"{type(self).__name__} is read-only")

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = clear = setdefault = _refuse


class RealtimeConfig(ReadOnlyDict):
    """conv.real_time_config."""


@dataclass
class HandoffConfig:
    """An entry of config/handoffs.yaml."""

    sip_type: str
    sip_config: dict = field(default_factory=dict)
    sip_headers: dict = field(default_factory=dict)

    @classmethod
    def from_dict(cls, d):
        names.refuse("HandoffConfig.from_dict")


@dataclass
class Handoff:
    handoff: HandoffConfig
    reason: typing.Optional[str]
    destination: typing.Optional[str] = None

    @classmethod
    def from_dict(cls, d):
        names.refuse("Handoff.from_dict")

    def to_response(self):
        names.refuse("Handoff.to_response")


class _Said:
    """A part of the history."""

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return type(self) is type(other) and self.text == other.text

    __hash__ = None

    def to_dict(self):
        names.refuse(f"{type(self).__name__}.to_dict")

    def to_string(self):
        names.refuse(f"{type(self).__name__}.to_string")


class AgentResponse(_Said):
    role = "agent"


class UserInput(_Said):
    role = "user"


CLASSES = (TTSVoice, CustomVoice, ElevenLabsVoice, RimeVoice, CartesiaVoice, PlayHTVoice, MinimaxVoice, HumeVoice, GoogleVoice,
           VoiceWeighting, EmotionKind, EmotionIntensity, Emotion, MetricEvent, FlowTransition, Variant, Entities, ReadOnlyDict,
           RealtimeConfig, HandoffConfig, Handoff, AgentResponse, UserInput)

# For annotations alone.
TYPES = {
    "VoiceType": typing.Union[CustomVoice, ElevenLabsVoice, PlayHTVoice, CartesiaVoice, RimeVoice, MinimaxVoice, HumeVoice, GoogleVoice],
    "EmotionKindValue": int, "EmotionIntensityValue": int, "SupportedLanguageCodes": str,
}

# Classes of what is not supported.
REFUSED = (
    "Address", "AgenticDial", "ApiExecutor", "ApiIntegrations", "Attachment", "ChatCallAction", "Clock", "ContactJourney",
    "ContactMetadata", "ConversationLogger", "CxOne", "Destination", "Destinations", "ExternalEvents", "Integrations", "Memory",
    "OutboundCampaign", "OutboundContact", "OutgoingSMS", "OutgoingSMSTemplate", "SMSCredentials", "SMSReceived", "SMSTemplate",
    "StepAttempt", "Utils", "VerifiedContext", "WebchatInterface",
)


class Refusing(type):
    """A class that may be named, as in an annotation, and no more."""

    why = ""  # it is refused, in brackets

    def __call__(cls, *_args, **_kwargs):
        names.refuse(cls.__name__ + cls.why)

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        names.refuse(f"{cls.__name__}.{name}{cls.why}")


def exported():
    """Returns what a project has of these, by name."""
    return {**{cls.__name__: cls for cls in CLASSES + EXCEPTIONS}, **TYPES, **{name: Refusing(name, (), {}) for name in REFUSED}}
