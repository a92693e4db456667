"""Files that are sent here stay in memory, up to a size; beyond it their bytes are thrown away.

Nothing that somebody sends ever lies on a disk in the clear, and no page but those that ask for a
file keeps any.
"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from .actions import MOST_BYTES

# Where a file is taken at all.
TAKEN_AT = ("/desk/imports/", "/desk/areas/import/")
# A sender who goes on and on is cut off.
CUT_OFF = 8 * MOST_BYTES


class BoundedUpload(FileUploadHandler):
    """Keeps a file in memory; one that is too large is empty, and has its size."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._held = BytesIO()
        self._counted = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._counted += len(raw_data)
        is_taken = self.request is not None and self.request.path.startswith(TAKEN_AT)
        if self._counted <= MOST_BYTES and is_taken:
            self._held.write(raw_data)
        elif self._counted > CUT_OFF:
            raise StopUpload(connection_reset=True)
        else:
            self._held = BytesIO()

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self._held.seek(0)
        return InMemoryUploadedFile(
            file=self._held,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
        )
