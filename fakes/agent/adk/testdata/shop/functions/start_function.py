from imports import *

from .orders import order_of


def start_function(conv):
    conv.state.order = order_of(conv.integration_attributes)
    conv.state.call = conv.id
    conv.set_language("fr-FR")
    conv.set_voice(CustomVoice("own", "x", pitch=2))
    conv.state.language = conv.language
