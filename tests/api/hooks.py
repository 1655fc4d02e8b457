"""What schemathesis has to know beyond the document: bytes of resumable uploads are written as any others, and who is to go on
calling is not disabled."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and body.get("disabled") is True:
        return {**body, "disabled": False}
    return body
