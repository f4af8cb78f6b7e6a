"""The tests keep what they make in a cache of their own: what reads the path is imported after this."""

import os
import tempfile

os.environ["FALCON_TRAINING_CACHE"] = tempfile.mkdtemp(prefix="falcon-training-")
# The C++ compiler takes longer than a toy run. A test of its own covers that compiling fails.
os.environ["TORCHDYNAMO_DISABLE"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
