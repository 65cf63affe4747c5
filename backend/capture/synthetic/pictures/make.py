"""Makes the pictures of this folder from their sources, which README.md names.

    python make.py SKIMAGE_DATA EMOJI_ASSETS CUTOUT_HANDS

Needs numpy and opencv-python-headless.
"""
import sys
from pathlib import Path

import cv2
import numpy as np

photos, emoji, hands = map(Path, sys.argv[1:])
out = Path(__file__).parent

# The outline of head and shoulders, by hand, on the portrait at twice its size. The edge is
# looked for near it.
OUTLINE = [
    (345, 262), (318, 225), (306, 170), (318, 115), (360, 75), (420, 42), (480, 30), (540, 50),
    (585, 100), (604, 165), (598, 205), (570, 250), (545, 275), (535, 300), (515, 350), (560, 385),
    (600, 440), (612, 480), (640, 485), (670, 510), (695, 560), (712, 620), (722, 692), (60, 692),
    (75, 600), (100, 545), (140, 490), (190, 452), (228, 420), (230, 380), (250, 335), (290, 305),
    (330, 296), (368, 300), (366, 262),
]
FOOT = 688  # below it only cloth is left

SKIN = (132, 160, 205)  # BGR: what all hands are brought to
SLEEVE = (38, 86, 214)


def ellipse(n):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n, n))


def save(name, picture):
    """Writes straight alpha; what is invisible has no colour, so that it packs well."""
    picture[picture[..., 3] == 0] = 0
    y, x = np.nonzero(picture[..., 3] > 8)
    picture = picture[y.min() : y.max() + 1, x.min() : x.max() + 1]
    cv2.imwrite(str(out / name), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def person():
    photo = cv2.imread(str(photos / "astronaut.png"))
    big = cv2.resize(photo, (1024, 1024), interpolation=cv2.INTER_LANCZOS4)
    drawn = cv2.fillPoly(np.zeros((1024, 1024), np.uint8), [np.array(OUTLINE)], 255)
    mask = np.full((1024, 1024), cv2.GC_BGD, np.uint8)
    mask[cv2.dilate(drawn, ellipse(19)) > 0] = cv2.GC_PR_BGD
    mask[drawn > 0] = cv2.GC_PR_FGD
    mask[cv2.erode(drawn, ellipse(23)) > 0] = cv2.GC_FGD
    mask[670:693][drawn[670:693] > 0] = cv2.GC_FGD
    mask[693:] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    cv2.grabCut(big, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    cover = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    cover = cv2.morphologyEx(cv2.morphologyEx(cover, cv2.MORPH_OPEN, ellipse(7)), cv2.MORPH_CLOSE, ellipse(11))
    _, parts, stats, _ = cv2.connectedComponentsWithStats(cover)
    cover = np.where(parts == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA]), 255, 0).astype(np.uint8)
    # Rounder, a little inside the edge, and soft.
    cover = np.where(cv2.GaussianBlur(cover, (0, 0), 6) > 150, 255, 0).astype(np.uint8)
    cover = cv2.resize(cv2.GaussianBlur(cover, (0, 0), 2.2), (512, 512), interpolation=cv2.INTER_AREA)
    save("person.png", np.dstack([photo, cover])[: FOOT // 2])


# What brings each hand to the size of the others, the rows kept, and where the sleeve begins:
# a point and the direction of the arm, as shares of the picture.
HANDS = {
    "open-palm": (1, 0.86, (0.5, 0.74), (0.05, 1)),
    "victory": (1, 0.86, (0.5, 0.74), (0, 1)),
    "pointing-up": (1, 0.86, (0.5, 0.74), (0, 1)),
    "rock": (1, 0.86, (0.5, 0.74), (0, 1)),
    "thumb-up": (0.76, 0.73, (0.62, 0.62), (0.86, 0.5)),
}


def hand(name):
    scale, kept, start, along = HANDS[name]
    picture = cv2.imread(str(hands / f"{name}.png"), cv2.IMREAD_UNCHANGED)
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    h, w = picture.shape[:2]
    colour, cover = picture[..., :3].astype(float), picture[..., 3]
    skin = np.median(colour[cover > 250], axis=0)
    colour = np.clip(colour * (np.array(SKIN) / skin), 0, 255)
    y, x = np.mgrid[:h, :w]
    along = np.array(along) / np.hypot(*along)
    far = (x - start[0] * w) * along[0] + (y - start[1] * h) * along[1]  # pixels into the sleeve
    # Cloth stands off the arm, is lit like it, and has a seam.
    arm = cv2.dilate(np.where(far > -9, cover, 0).astype(np.uint8), ellipse(19))
    cloth = np.where(far > 0, arm, 0).astype(np.uint8)
    cloth = cv2.GaussianBlur(cloth, (0, 0), 1.0)
    light = cv2.GaussianBlur(colour.mean(2) * (cover > 0), (0, 0), 9) / np.maximum(cv2.GaussianBlur((cover > 0).astype(float), (0, 0), 9), 0.02)
    light = np.clip(light / np.mean(SKIN), 0.35, 1.15)
    light *= 1 - 0.28 * np.exp(-(((far - 9) / 1.6) ** 2)) - 0.35 * np.exp(-far.clip(0) / 1.5)
    light *= 1 + 0.05 * np.sin(far * 0.9 + x * 0.12) + 0.04 * np.sin(x * 0.21 - far * 0.4)
    share = cloth[..., None] / 255
    colour = colour * (1 - share) + np.clip(np.array(SLEEVE) * light[..., None], 0, 255) * share
    cover = np.maximum(cover, cloth)
    done = np.dstack([colour, cover]).round().astype(np.uint8)[: round(kept * h)]
    save(f"{name}.png", done)


# The picture, and the width of the shadow under it as a share of its width.
THINGS = {"bear": ("1f9f8", 0.8), "cup": ("1f964", 0.6), "laptop": ("1f4bb", 0.9), "orange": ("1f34a", 0.6)}


def thing(name):
    code, wide = THINGS[name]
    picture = cv2.imread(str(emoji / f"{code}.webp"), cv2.IMREAD_UNCHANGED)
    picture = cv2.resize(picture, (160, 160), interpolation=cv2.INTER_AREA).astype(float)
    y, x = np.nonzero(picture[..., 3] > 8)
    picture = picture[y.min() : y.max() + 1, x.min() : x.max() + 1]
    picture = cv2.copyMakeBorder(picture, 0, 8, 12, 12, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    h, w = picture.shape[:2]
    shadow = np.zeros((h, w), np.uint8)
    cv2.ellipse(shadow, (w // 2, h - 12), (round(wide * (w - 24) / 2) + 4, 6), 0, 0, 360, 120, -1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 3).astype(float)
    own = picture[..., 3:] / 255
    cover = picture[..., 3] + shadow * (1 - own[..., 0])
    colour = picture[..., :3] * picture[..., 3:] / np.maximum(cover, 1)[..., None]
    save(f"{name}.png", np.dstack([colour, cover]).round().clip(0, 255).astype(np.uint8))


person()
for name in HANDS:
    hand(name)
for name in THINGS:
    thing(name)
