def starred(conv):
    conv.state.starred = 1


def dotted(conv):
    conv.state.dotted = 1
