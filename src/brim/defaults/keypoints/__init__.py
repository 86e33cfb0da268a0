"""Key-point extraction: what matters of older exchanges, kept word for word in a note."""

from brim.defaults.keypoints.strategy import KeyPoints, KeyPointsSettings

__all__ = ["KeyPoints", "KeyPointsSettings"]
