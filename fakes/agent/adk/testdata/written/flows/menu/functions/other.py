def other(conv, flow):
    conv.state.other = 1
