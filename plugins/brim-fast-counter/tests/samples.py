"""Texts of the kinds that tokenizers get wrong."""

from __future__ import annotations

from random import Random

AWKWARD = "aZzéß0129 \t\n\r'’s.,-_/\"`€中文のж한ا\u0301\u200d😀\ud800\udc00\u3000"
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|eot_id|>", "[INST]", "<s>", " a", "\n", "<|", "|>")
CONTRACTIONS = "'sStT'reRE'LLll dDmM’"
NUMBERS = ("1", "12", "1234", " ", "a1", "٣", "²", "½", ",", ".")
RANGES = ((0x20, 0x7F), (0x300, 0x370), (0x900, 0x980), (0xE00, 0xE80), (0x1F300, 0x1F700))


def sample(random: Random) -> str:
    length = random.randrange(1, 100)
    match random.randrange(7):
        case 0:
            points = [random.randrange(0x110000) for _ in range(length)]
        case 1:
            points = [random.randrange(*random.choice(RANGES)) for _ in range(length)]
        case 2:
            return "".join(random.choices(AWKWARD, k=length))
        case 3:
            return "".join(random.choices(SPECIAL, k=length // 4 + 1))
        case 4:
            return "".join(random.choices(CONTRACTIONS, k=length))
        case 5:
            return "".join(random.choices(NUMBERS, k=length))
        case _:
            spaces = " " * length + random.choice(["x", "\n", ""]) + "\n" * random.randrange(4)
            return spaces + " " * random.randrange(9)
    return "".join(map(chr, points))


def samples(seed: int, count: int) -> list[str]:
    random = Random(seed)
    return [sample(random) for _ in range(count)]
