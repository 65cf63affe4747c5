"""Renders hands with known gestures: a skinned mesh, posed by the angles of its joints.

In: the rigged hand `dist/profiles/generic-hand/right.glb` of the npm package
@webxr-input-profiles/assets. Out: the pictures of this folder. It knows nothing of how
gestures are recognised. Needs numpy and Pillow. See README.md.
"""
import json, struct, sys
from pathlib import Path
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT, SUPER = 640, 480, 3

# --- postures: degrees --------------------------------------------------------------------
# A finger is the bend of its three joints and its spread towards the thumb; a thumb is the
# directions of its three bones: azimuth (0 along the palm, 90 to the thumb's side) and
# elevation in front of the palm.
OUT, IN = (4, 6, 4, 0), (78, 98, 55, 0)  # stretched, and bent into the palm
ASIDE = ((52, 18), (50, 8), (48, 4))
OVER = ((33, 47), (-33, 30), (-78, 12))  # over bent fingers
PALM = ((30, 46), (-22, 34), (-58, 8))  # before the palm


def fingers(index, middle, ring, pinky, by=(6, 0, -5, -10)):
    """The four fingers, spread."""
    return [f[:3] + (f[3] + s,) for f, s in zip((index, middle, ring, pinky), by)]


POSTURES = {
    "open-palm": (fingers(OUT, OUT, OUT, OUT, (10, 1, -8, -18)), ASIDE),
    "fist": (fingers(IN, IN, IN, IN, (0, 0, 0, 2)), OVER),
    "thumb-up": (fingers(IN, IN, IN, IN, (0, 0, 0, 2)), ((50, 20), (58, 4), (66, -6))),
    "victory": (fingers(OUT, OUT, IN, IN, (14, -8, 0, 2)), PALM),
    "pointing-up": (fingers(OUT, IN, IN, IN, (2, 0, 0, 2)), OVER),
    "ok": (fingers((52, 58, 30, 0), (18, 12, 8, 0), (10, 10, 6, 0), OUT, (2, 0, -6, -14)), ((13, 59), (-10, 36), (-10, 55))),
    "rock": (fingers(OUT, IN, IN, OUT, (6, 0, 0, -12)), OVER),
    "call-me": (fingers(IN, IN, IN, OUT, (0, 0, 0, -18)), ((58, 14), (62, 4), (64, -4))),
    "three": (fingers(OUT, OUT, OUT, IN, (10, 1, -8, 0)), PALM),
    "thumb-three": (fingers(OUT, OUT, IN, IN, (10, -3, 0, 2)), ASIDE),
    "four": (fingers(OUT, OUT, OUT, OUT, (9, 1, -6, -14)), PALM),
    "rest": (fingers((38, 48, 25, 0), (42, 52, 28, 0), (46, 55, 28, 0), (44, 50, 26, 0)), ((38, 40), (24, 38), (16, 34))),
}

# --- the mesh -----------------------------------------------------------------------------
FINGERS = ((6, 7, 8, 9), (11, 12, 13, 14), (16, 17, 18, 19), (21, 22, 23, 24))  # joints, root to tip
THUMB = (1, 2, 3, 4)
VIEW = np.array([[0, 0, -1], [0, -1, 0], [-1, 0, 0]], float)  # to: thumb to the right, fingers up, palm to the viewer


def load(path):
    """The hand's points, triangles, four joints and weights a point, and joints at rest."""
    data = Path(path).read_bytes()
    n = struct.unpack("<I", data[12:16])[0]
    gltf, rest = json.loads(data[20:20 + n]), data[28 + n:]

    def read(i):
        a = gltf["accessors"][i]
        v = gltf["bufferViews"][a["bufferView"]]
        kind = {5126: np.float32, 5121: np.uint8, 5123: np.uint16}[a["componentType"]]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}[a["type"]]
        return np.frombuffer(rest, kind, a["count"] * width, v.get("byteOffset", 0)).reshape(-1, width)

    part = gltf["meshes"][0]["primitives"][0]
    at = part["attributes"]
    points, joints, weights = (read(at[k]) for k in ("POSITION", "JOINTS_0", "WEIGHTS_0"))
    inverse = read(gltf["skins"][0]["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    bind = np.linalg.inv(inverse.astype(float))
    # Points that seams of the texture doubled are one again.
    _, first, same = np.unique(points.round(5), axis=0, return_index=True, return_inverse=True)
    faces = same.ravel()[read(part["indices"]).reshape(-1, 3)]
    points = points[first] @ VIEW.T
    turn = np.eye(4)
    turn[:3, :3] = VIEW
    return with_arm(points, faces, joints[first], weights[first], turn @ bind)


def with_arm(points, faces, joints, weights, bind):
    """The closed wrist is cut open and drawn out to a forearm."""
    wrist = bind[0, :3, 3]
    cut = wrist[1] - 0.004
    faces = faces[(points[faces][:, :, 1] > cut).all(1)]
    edges = {}
    for t in faces:
        for a, b in ((t[0], t[1]), (t[1], t[2]), (t[2], t[0])):
            edges[a] = edges.get(a, []) + [b]
    border = {a: b for a, bs in edges.items() for b in bs if a not in edges.get(b, [])}
    ring = [next(iter(border))]
    while border[ring[-1]] != ring[0]:
        ring.append(border[ring[-1]])
    ring = np.array(ring)
    centre = points[ring].mean(0)
    shape = points[ring] - centre
    shape[:, 1] = 0
    loops = [ring]
    for y, wide, deep in ((0.02, 1, 1.02), (0.05, 1.05, 1.2), (0.1, 1.2, 1.5),
                          (0.16, 1.35, 1.8), (0.3, 1.5, 2.1), (0.6, 1.6, 2.3)):
        loops.append(len(points) + np.arange(len(ring)))
        points = np.vstack([points, centre + shape * (wide, 0, deep) - (0, y, 0)])
    new = len(points) - len(joints)
    joints = np.vstack([joints, np.zeros((new, 4), np.uint8)])
    weights = np.vstack([weights, np.tile([1, 0, 0, 0], (new, 1))])
    for up, low in zip(loops, loops[1:]):
        for i in range(len(ring)):
            j = (i + 1) % len(ring)
            faces = np.vstack([faces, [(up[i], low[i], up[j]), (up[j], low[i], low[j])]])
    return points, faces, joints, weights, bind


def about(axis, degrees):
    """Rotation about x, y or z."""
    s, c = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    m = np.eye(3)
    m[i, i], m[j, j], m[i, j], m[j, i] = c, c, -s, s
    return m


def onto(a, b):
    """The least rotation of direction a onto b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    v = np.cross(a, b)
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + k + k @ k / (1 + a @ b)


def posed(bind, posture):
    """Where the joints are in a posture (forward kinematics)."""
    bends, thumb = posture
    now = bind.copy()
    for chain, (root, middle, outer, side) in zip(FINGERS, bends):
        now[chain[0], :3, :3] = bind[chain[0], :3, :3] @ about(1, side) @ about(0, -root)
        for k, bend in ((1, middle), (2, outer), (3, 0)):
            a, b = chain[k - 1], chain[k]
            local = np.linalg.inv(bind[a]) @ bind[b]
            local[:3, :3] = local[:3, :3] @ about(0, -bend)
            now[b] = now[a] @ local
    for k, (azimuth, elevation) in enumerate(thumb):
        az, el = np.radians(azimuth), np.radians(elevation)
        a, b = THUMB[k], THUMB[k + 1]
        to = np.array([np.sin(az) * np.cos(el), np.cos(az) * np.cos(el), np.sin(el)])
        bone = bind[b, :3, 3] - bind[a, :3, 3]
        now[a, :3, :3] = onto(bone, to) @ bind[a, :3, :3]
        now[b, :3, 3] = now[a, :3, 3] + to * np.linalg.norm(bone)
        now[b, :3, :3] = now[a, :3, :3]
    return now


def skinned(hand, now):
    points, _, joints, weights, bind = hand
    move = now @ np.linalg.inv(bind)
    p = np.concatenate([points, np.ones((len(points), 1))], 1)
    return sum(np.einsum("nij,nj->ni", move[joints[:, k]], p)[:, :3] * weights[:, k:k + 1] for k in range(4))


def normals(points, faces):
    a, b, c = (points[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    n = np.zeros_like(points)
    for k in range(3):
        np.add.at(n, faces[:, k], flat)
    return n / (np.linalg.norm(n, axis=1, keepdims=True) + 1e-12)


# --- drawing ------------------------------------------------------------------------------
def raster(x, y, depth, faces, width, height):
    """Triangle and barycentric coordinates of each pixel; the nearest (least depth) wins."""
    near = np.full((height, width), np.inf)
    which = np.full((height, width), -1)
    bary = np.zeros((height, width, 3))
    for i, t in enumerate(faces):
        px, py = x[t], y[t]
        x0, x1 = max(0, int(px.min())), min(width - 1, int(px.max()) + 1)
        y0, y1 = max(0, int(py.min())), min(height - 1, int(py.max()) + 1)
        area = (px[1] - px[0]) * (py[2] - py[0]) - (px[2] - px[0]) * (py[1] - py[0])
        if x0 > x1 or y0 > y1 or abs(area) < 1e-9:
            continue
        gx, gy = np.meshgrid(np.arange(x0, x1 + 1) + 0.5, np.arange(y0, y1 + 1) + 0.5)
        w1 = ((gx - px[0]) * (py[2] - py[0]) - (px[2] - px[0]) * (gy - py[0])) / area
        w2 = ((px[1] - px[0]) * (gy - py[0]) - (gx - px[0]) * (py[1] - py[0])) / area
        w = np.stack([1 - w1 - w2, w1, w2], -1)
        z = w @ depth[t]
        box = np.s_[y0:y1 + 1, x0:x1 + 1]
        win = (w >= 0).all(-1) & (z < near[box])
        near[box][win], which[box][win], bary[box][win] = z[win], i, w[win]
    return near, which, bary


def blurred(a, radius):
    """Three box blurs, nearly a Gaussian."""
    for axis in (0, 1) * 3:
        pad = [(0, 0)] * a.ndim
        pad[axis] = (radius + 1, radius)
        s = np.cumsum(np.pad(a, pad, "edge"), axis)
        n = a.shape[axis]
        a = (s.take(range(2 * radius + 1, 2 * radius + 1 + n), axis) - s.take(range(n), axis)) / (2 * radius + 1)
    return a


def shadow(points, faces, light, at, shape):
    """How much of the light reaches each point of `at`, 0..1, by a depth map from the light."""
    side = np.cross(light, (0.3, 1, 0.2))
    side /= np.linalg.norm(side)
    frame = np.stack([side, np.cross(light, side), -light])
    size, p, q = 500, points @ frame.T, at @ frame.T
    low = q[:, :2].min(0) - 0.01
    scale = size / (q[:, :2].max(0) - low + 0.01).max()
    near, _, _ = raster((p[:, 0] - low[0]) * scale, (p[:, 1] - low[1]) * scale, p[:, 2], faces, size, size)
    u, v = ((q[:, :2] - low) * scale).astype(int).clip(2, size - 3).T
    lit = np.zeros(len(at))
    for dx in (-2, 0, 2):
        for dy in (-2, 0, 2):
            lit += q[:, 2] < near[v + dy, u + dx] + 0.004
    return lit / 9


def skin(hand, faces, which, bary, tone):
    """The colour of each pixel without light: palms are lighter, nails pink, joints creased."""
    points, _, joints, weights, bind = hand
    rest = (points[faces[which]] * bary[..., None]).sum(1)
    main = joints[np.arange(len(joints)), weights.argmax(1)][faces[which][np.arange(len(which)), bary.argmax(1)]]
    n = (normals(points, faces)[faces[which]] * bary[..., None]).sum(1)
    back, front = (np.array(c, float) for c in tone)
    inner = np.clip(n[:, 2] * 1.2 + 0.4, 0, 1)[:, None]
    colour = back * (1 - inner) + front * inner
    for chain in FINGERS + (THUMB,):
        for k, j in enumerate(chain[:3]):
            local = (rest - bind[j, :3, 3]) @ bind[j, :3, :3]  # x sideways, y to the back, -z to the tip
            mine = (main == j) | (main == chain[max(k - 1, 0)])
            crease = mine * np.exp(-(local[:, 2] / 0.0009) ** 2) * np.where(local[:, 1] < 0, 0.28, 0.16) * (k > 0)
            colour *= (1 - crease)[:, None]
        length = np.linalg.norm(bind[chain[3], :3, 3] - bind[chain[2], :3, 3])
        along, aside = -local[:, 2] / length, local[:, 0] / 0.0062
        nail = (main >= chain[2]) & (main <= chain[3]) & (local[:, 1] > 0.002) & (((along - 1.05) / 0.62) ** 4 + aside ** 4 < 1)
        colour[nail] = 0.45 * colour[nail] + 0.55 * np.array((0.93, 0.72, 0.68)) * (0.55 + 0.45 * front.mean() / 0.8)
    waves = np.array(((310, 170, 230), (-140, 290, 210), (80, -190, 330)))
    rough = np.sin(rest @ waves.T).prod(1)
    return colour * (1 + 0.012 * rough)[:, None]


def room(rng):
    """A room out of focus: a wall lit from one side, a window, furniture, things."""
    x, y = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    wall = np.array((0.62, 0.6, 0.56)) * rng.uniform(0.55, 1.15) * rng.uniform(0.92, 1.08, 3)
    light = 0.7 + 0.5 * np.abs(x - rng.integers(2)) - 0.25 * y
    img = Image.fromarray((np.clip(wall * light[..., None], 0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(img)

    def box(cx, cy, w, h, colour):
        corners = (cx - w) * WIDTH, (cy - h) * HEIGHT, (cx + w) * WIDTH, (cy + h) * HEIGHT
        draw.rectangle(corners, tuple(int(255 * c) for c in colour))

    side = rng.choice([0.15, 0.85])
    box(side, 0.3, 0.14, 0.24, (0.86, 0.9, 0.95))
    box(side, 0.3, 0.006, 0.24, wall * 0.7)
    box(1 - side, 0.72, 0.2, 0.3, rng.uniform(0.15, 0.45, 3) * (1.1, 0.95, 0.8))
    for i in range(9):
        box(1 - side + (i - 4) * 0.04, 0.36 - 0.02 * rng.random(), 0.016, 0.07, rng.uniform(0.1, 0.8, 3))
    box(0.5, 1, 0.5, 0.12, rng.uniform(0.2, 0.5) * np.array((1.1, 0.9, 0.7)))
    box(rng.uniform(0.3, 0.7), 0.2, 0.08, 0.1, rng.uniform(0.2, 0.9, 3))
    return np.asarray(img.filter(ImageFilter.GaussianBlur(9)), float) / 255


TONES = (((0.80, 0.58, 0.47), (0.88, 0.66, 0.56)), ((0.36, 0.23, 0.17), (0.58, 0.41, 0.33)),
         ((0.66, 0.46, 0.34), (0.78, 0.58, 0.47)), ((0.90, 0.72, 0.63), (0.94, 0.74, 0.67)))


def render(hand, posture, turn, tone, rng, zoom=1.0, centre=(0.5, 0.5)):
    """The hand's colour and coverage, and its joints in pixels. turn is yaw about the forearm
    (180 shows the back), pitch of the fingers towards the camera, roll against the clock."""
    faces = hand[1]
    now = posed(hand[4], posture)
    p = skinned(hand, now)
    yaw, pitch, roll = turn
    r = about(2, roll) @ about(0, pitch) @ about(1, yaw)
    joints = now[:, :3, 3]
    middle = (joints.min(0) + joints.max(0)) / 2
    p, joints = (p - middle) @ r.T, (joints - middle) @ r.T
    away, w, h = 0.6, WIDTH * SUPER, HEIGHT * SUPER
    focal = 2.5 * h * zoom

    def project(q):
        k = focal / (away - q[:, 2])
        return centre[0] * w + q[:, 0] * k, centre[1] * h - q[:, 1] * k, k

    x, y, k = project(p)
    kept = (p[faces][:, :, 2] < away - 0.1).all(1)
    faces = faces[kept]
    near, which, bary = raster(x, y, -k, faces, w, h)
    seen = which >= 0
    t, b = which[seen], bary[seen]
    persp = b * k[faces[t]]  # even in space, not in the picture
    persp /= persp.sum(1, keepdims=True)
    n = (normals(p, faces)[faces[t]] * persp[..., None]).sum(1)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    at = (p[faces[t]] * persp[..., None]).sum(1)
    albedo = skin(hand, faces, t, persp, tone)
    key = np.array((rng.choice([-1, 1]) * rng.uniform(0.3, 0.8), rng.uniform(0.4, 0.9), 0.9))
    key /= np.linalg.norm(key)
    fill = np.array((-np.sign(key[0]) * 0.8, 0.1, 0.6))
    fill /= np.linalg.norm(fill)
    lit = shadow(p, faces, key, at, seen.shape)
    # What lies deeper than what is around it is darker.
    z = np.full(seen.shape, at[:, 2].min())
    z[seen] = at[:, 2]
    cover = blurred(seen.astype(float), 14 * SUPER // 3)
    hollow = (blurred(np.where(seen, z, 0), 14 * SUPER // 3) / np.maximum(cover, 0.05))[seen] - at[:, 2]
    open_ = 1 - np.clip(hollow / 0.02, 0, 0.55)
    wrap = lambda d, by: np.clip((n @ d + by) / (1 + by), 0, None)
    shade = (0.34 * open_ * (0.8 + 0.2 * n[:, 1]) + 0.22 * open_ * wrap(fill, 0.3))[:, None] + \
        (0.66 * wrap(key, 0.15) * (0.12 + 0.88 * lit))[:, None] * np.array((1.05, 1, 0.95)) + \
        (0.05 * wrap(key, 0.5))[:, None] * np.array((1, 0.25, 0.1))
    half = key + (0, 0, 1)
    half /= np.linalg.norm(half)
    colour = albedo * shade + (0.07 * lit * np.clip(n @ half, 0, 1) ** 18)[:, None]
    out = np.zeros((h, w, 4))
    out[seen, :3], out[seen, 3] = np.clip(colour, 0, 1), 1
    out = out.reshape(HEIGHT, SUPER, WIDTH, SUPER, 4).mean((1, 3))
    jx, jy, _ = project(joints)
    return out, np.stack([jx, jy], 1) / SUPER


# --- the pictures -------------------------------------------------------------------------
# Each gesture twice: posture, and yaw, pitch and roll of its view.
SHOTS = {
    "open-palm": (("open-palm", (14, -6, 6)), ("open-palm", (196, 8, -8))),
    "fist": (("fist", (12, 0, 4)), ("fist", (-28, 8, -10))),
    "thumb-up": (("thumb-up", (18, 0, 62)), ("thumb-up", (-22, 6, 52))),
    "thumb-down": (("thumb-up", (20, 4, 236)), ("thumb-up", (200, 0, 128))),
    "victory": (("victory", (10, 0, 0)), ("victory", (-24, 6, -8))),
    "pointing-up": (("pointing-up", (24, 0, 2)), ("pointing-up", (172, 4, -6))),
    "ok": (("ok", (34, 0, 4)), ("ok", (54, 4, -6))),
    "rock": (("rock", (12, 0, 0)), ("rock", (188, 4, 6))),
    "call-me": (("call-me", (14, 0, -8)), ("call-me", (194, 0, 10))),
    "three": (("three", (10, 0, 0)), ("thumb-three", (18, 4, 8))),
    "four": (("four", (12, 0, 2)), ("four", (-20, 6, -6))),
    "none": (("rest", (16, 0, 4)), ("pointing-up", (14, 0, 104))),
}
CUTOUTS = ("open-palm", "victory", "thumb-up", "pointing-up", "ok", "rock")


def varied(posture, rng):
    """The posture as another person takes it: each joint differs by a few degrees."""
    return tuple([tuple(angle + rng.normal(0, 3) for angle in part) for part in parts] for parts in posture)


def main(mesh, folder):
    hand, folder = load(mesh), Path(folder)
    (folder / "cutout").mkdir(parents=True, exist_ok=True)
    for i, (name, shots) in enumerate(SHOTS.items()):
        for k, (posture, view) in enumerate(shots):
            rng = np.random.default_rng(100 * i + k)
            tone = TONES[(i + 2 * k + i // 4) % 4]
            pose = varied(POSTURES[posture], rng)
            img, _ = render(hand, pose, view, tone, rng)
            Image.fromarray(photograph(img, rng)).save(folder / f"{name}-{k + 1}.jpg", quality=88, optimize=True)
            if k == 0 and name in CUTOUTS:
                far = render(hand, pose, view, tone, rng, 0.55, (0.4, 0.3))
                cutout(*far).save(folder / "cutout" / f"{name}.png", optimize=True)


def cutout(img, joints):
    """The hand with two palm lengths of forearm alone, 320 pixels high, with straight alpha."""
    rgb, alpha = img[..., :3] / np.maximum(img[..., 3:], 1e-6), img[..., 3]
    palm = joints[0] - joints[11]
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    behind = ((x - joints[0, 0]) * palm[0] + (y - joints[0, 1]) * palm[1]) / (palm @ palm)
    rgba = np.dstack([rgb, np.where(behind < 2, alpha, 0)])
    pic = Image.fromarray((rgba.clip(0, 1) * 255).round().astype(np.uint8))
    pic = pic.crop(pic.getchannel("A").getbbox())
    return pic.resize((round(pic.width * 320 / pic.height), 320), Image.LANCZOS)


def photograph(img, rng):
    """On a room's picture, slightly out of focus, with a sensor's noise; 8 bits a colour."""
    rgb = img[..., :3] + room(rng) * (1 - img[..., 3:])
    pic = Image.fromarray((rgb.clip(0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))
    return (np.asarray(pic, float) + rng.normal(0, 1.5, rgb.shape)).clip(0, 255).astype(np.uint8)


if __name__ == "__main__":
    main(*sys.argv[1:])
