"""What schemathesis has to know beyond the document: bytes of resumable uploads are written as any others."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
