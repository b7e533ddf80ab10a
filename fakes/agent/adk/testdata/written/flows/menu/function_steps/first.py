def first(conv, flow):
    conv.state.first = 1
