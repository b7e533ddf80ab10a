def order_of(attributes):
    return (attributes or {}).get("order")
