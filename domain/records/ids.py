"""What names a record, and what a face is compared by."""

from typing import NewType

import numpy as np
from numpy.typing import NDArray

Id = NewType("Id", str)

Embedding = NDArray[np.float32]
