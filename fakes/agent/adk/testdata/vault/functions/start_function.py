from _gen import *  # <AUTO GENERATED>
import boto3
import plog
from botocore.exceptions import ClientError

from runtime.private.secret_vault import SecretNotFound as NoSecret, get_secret_vault_custom_secret, secret_vault


def start_function(conv: Conversation):
    conv.state.user = get_secret_vault_custom_secret("crm")["user"]
    conv.state.pin = secret_vault("pin")
    try:
        secret_vault("gone")
    except NoSecret as e:
        plog.warning("no secret", e)
    try:
        conv.state.tier = boto3.client("dynamodb").get_item(TableName="tiers")["Item"]
    except (ClientError, NotImplementedError) as e:
        plog.warning(str(e))
        conv.state.tier = None
