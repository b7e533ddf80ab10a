def by_name(conv):
    conv.state.by_name = conv.memory
