def keep(conv):
    conv.state.kept = getattr(conv, "integration_attributes")


class Keeper:
    def work(self, conv):
        conv.state.worked = True


def nobody_calls(conv):
    conv.state.never = True
