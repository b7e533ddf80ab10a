def end_function(conv):
    conv.state.late = conv.integration_attributes
