def first_free(conv):
    return {"at": "09:00", "for": conv.state.job}
