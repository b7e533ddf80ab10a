def pick(conv, flow):
    flow.functions.other()
    flow.set_timeout(3)
