"""Makes the pictures of testdata/pictures from their sources.

    python compose.py SKIMAGE_DATA EMOJI_ASSETS

SKIMAGE_DATA is skimage/data of Debian's python3-skimage 0.19.3-8, EMOJI_ASSETS the folder assets of the npm package
@lobehub/fluent-emoji-3d 1.1.0. Needs Pillow 13.0.0.
"""

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

photos, emoji = Path(sys.argv[1]), Path(sys.argv[2])
out = Path(__file__).parent


def photo(name):
    return Image.open(photos / name).convert("RGB")


def save(picture, name):
    picture.convert("RGB").save(out / name, quality=85, subsampling="4:2:0")


def room(width, height):
    """A wall with a window, a floor, and a cupboard."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    floor = height * 7 // 10
    for y in range(height):
        shade = y * 40 // height
        draw.line([(0, y), (width, y)], fill=(196 - shade, 188 - shade, 172 - shade) if y < floor else (122 - shade, 92 - shade, 66))
    w, h = width // 100, height // 100
    draw.rectangle([4 * w, 8 * h, 26 * w, 46 * h], fill=(238, 240, 236))
    draw.rectangle([5 * w, 10 * h, 25 * w, 44 * h], fill=(158, 194, 222))
    draw.line([15 * w, 10 * h, 15 * w, 44 * h], fill=(238, 240, 236), width=w)
    draw.rectangle([84 * w, 22 * h, 99 * w, 78 * h], fill=(112, 80, 54))
    draw.rectangle([85 * w, 24 * h, 91 * w, 76 * h], fill=(126, 92, 62))
    draw.rectangle([92 * w, 24 * h, 98 * w, 76 * h], fill=(126, 92, 62))
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def paste(picture, part, x, y, side, angle=0.0, feather=0.06):
    """Puts part, of that side in pixels and turned by degrees, at its centre x, y, with a soft edge."""
    width, height = side, round(side * part.height / part.width)
    part = part.resize((width, height), Image.LANCZOS).convert("RGBA")
    if feather:
        soft = round(feather * side)
        mask = Image.new("L", part.size, 0)
        ImageDraw.Draw(mask).rectangle([soft, soft, width - soft, height - soft], fill=255)
        part.putalpha(mask.filter(ImageFilter.GaussianBlur(soft / 2)))
    part = part.rotate(angle, Image.BICUBIC, expand=True)
    picture.paste(part, (x - part.width // 2, y - part.height // 2), part)


def shrunk(picture, name, side):
    """The picture as large as a network's square input, each pixel the average of those it stands for."""
    scale = side / max(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    save(picture.convert("RGB").resize(size, Image.BOX), f"{name}-at-{side}.jpg")


def hand(code):
    return Image.open(emoji / f"{code}.webp").convert("RGBA")


astronaut, cat, coffee = photo("astronaut.png"), photo("chelsea.png"), photo("coffee.png")
head = astronaut.crop((110, 0, 340, 230))

save(astronaut, "astronaut.jpg")
save(cat, "chelsea.jpg")
save(coffee, "coffee.jpg")
save(photo("camera.png"), "camera.jpg")

two = room(640, 480)
paste(two, head, 200, 210, 220)
paste(two, head, 470, 250, 130, 18)
save(two, "faces-640.jpg")

three = room(1280, 720)
paste(three, head, 330, 300, 420, -12)
paste(three, head, 800, 340, 240)
paste(three, head.transpose(Image.FLIP_LEFT_RIGHT), 1090, 380, 150, 8)
save(three, "faces-1280.jpg")

table = room(1280, 720)
paste(table, coffee, 330, 420, 560)
paste(table, cat, 880, 380, 540)
save(table, "things-1280.jpg")

person = room(640, 480)
paste(person, astronaut, 330, 300, 360)
save(person, "person-640.jpg")

hands = room(640, 480)
paste(hands, hand("270b-1f3fc"), 190, 240, 230, feather=0)
paste(hands, hand("1f44d-1f3fc"), 460, 250, 200, feather=0)
save(hands, "hands-640.jpg")

turned = room(1280, 720)
paste(turned, hand("270b-1f3fc"), 360, 360, 420, 35, feather=0)
paste(turned, hand("261d-1f3fc"), 900, 380, 360, -20, feather=0)
save(turned, "hands-1280.jpg")

pair = room(640, 480)
paste(pair, head, 170, 230, 330, -8)
paste(pair, head, 480, 250, 300, 10)

save(pair, "pair-640.jpg")
shrunk(astronaut, "astronaut", 128)
shrunk(pair, "pair-640", 128)
shrunk(pair, "pair-640", 192)
for gesture in ["open-palm", "ok", "victory"]:
    rendered = Image.open(out.parent / "hands" / f"{gesture}-1.jpg")
    shrunk(rendered.crop((110, 0, 590, 480)), gesture, 192)
shrunk(astronaut, "astronaut", 192)
shrunk(three, "faces-1280", 192)
shrunk(person, "person-640", 192)
shrunk(photo("camera.png"), "camera", 192)
shrunk(three, "faces-1280", 416)
shrunk(table, "things-1280", 416)
