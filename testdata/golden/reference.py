"""Writes the golden files: what the makers' own implementations find in testdata/pictures.

README.md beside this file says how to run it, and which part of each reference it runs. Nothing here decodes a
network's output: MediaPipe's graphs, TensorFlow's resizing and NanoDet's own head do that.
"""

import argparse
import hashlib
import importlib
import json
import os
import shutil
import sys
import tempfile
import types
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import cv2
import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parent / "pictures"
HANDS = HERE.parent / "hands"
MODELS = HERE.parent.parent / "backend" / "models"

# Pictures as a camera gives them, and the same at the scale of the network's input, which no way of sampling changes.
FACES = {
    "near": ["astronaut.jpg", "faces-640.jpg", "faces-1280.jpg", "coffee.jpg",
             "astronaut-at-128.jpg", "pair-640.jpg", "pair-640-at-128.jpg"],
    "far": ["astronaut.jpg", "faces-640.jpg", "faces-1280.jpg", "person-640.jpg", "coffee.jpg",
            "astronaut-at-192.jpg", "pair-640.jpg", "pair-640-at-192.jpg", "faces-1280-at-192.jpg", "person-640-at-192.jpg"],
}
GESTURES = ["call-me", "fist", "four", "ok", "open-palm", "pointing-up", "rock", "thumb-down", "thumb-up", "victory"]
PALMS = ["hands-640.jpg", "hands-1280.jpg", "coffee.jpg", "open-palm-at-192.jpg", "ok-at-192.jpg", "victory-at-192.jpg"] + [f"{g}-1.jpg" for g in GESTURES]
THINGS = ["astronaut.jpg", "camera.jpg", "chelsea.jpg", "coffee.jpg", "person-640.jpg", "things-1280.jpg", "faces-1280.jpg",
          "faces-1280-at-416.jpg", "things-1280-at-416.jpg"]
PEOPLE = ["astronaut.jpg", "camera.jpg", "person-640.jpg", "faces-640.jpg",
          "astronaut-at-192.jpg", "camera-at-192.jpg", "person-640-at-192.jpg"]


def path(name):
    folder = PICTURES if (PICTURES / name).exists() else HANDS
    return folder / name


def case(name, **found):
    """A line of a golden file. The sum tells when a picture is no longer the one that the reference saw."""
    return {"picture": path(name).relative_to(HERE.parent).as_posix(), "sha256": hashlib.sha256(path(name).read_bytes()).hexdigest(), **found}


def read(name):
    """The picture in RGB, as OpenCV's decoder of JPEG (libjpeg-turbo) gives it."""
    picture = cv2.imread(str(path(name)))
    if picture is None:
        raise SystemExit(f"{path(name)} is no picture")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def rounded(values, digits):
    return [round(float(v), digits) for v in values]


# MediaPipe


def resources(face, hands):
    """A folder of MediaPipe's graphs with the networks that the project embeds, under the names the graphs ask for."""
    import mediapipe
    from mediapipe.python._framework_bindings import resource_util

    package = Path(mediapipe.__file__).parent / "modules"
    root = Path(tempfile.mkdtemp())
    modules = root / "mediapipe" / "modules"
    for name in ["face_detection", "palm_detection", "hand_landmark"]:
        (modules / name).mkdir(parents=True)
    for file in ["face_detection/face_detection_short_range_cpu.binarypb", "face_detection/face_detection_full_range_cpu.binarypb",
                 "hand_landmark/hand_landmark_tracking_cpu.binarypb", "hand_landmark/handedness.txt"]:
        shutil.copy(package / file, modules / file)
    shutil.copy(face / "face_detection_short_range.tflite", modules / "face_detection")
    # The graph asks for the pruned network; ours is the other one of the same shape.
    shutil.copy(face / "face_detection_full_range.tflite", modules / "face_detection" / "face_detection_full_range_sparse.tflite")
    shutil.copy(hands / "hand_landmark_lite.tflite", modules / "hand_landmark")
    packed = (hands / "hands_solution_packed_assets.data").read_bytes()
    (modules / "palm_detection" / "palm_detection_lite.tflite").write_bytes(packed[2341291:4326731])
    resource_util.set_resource_dir(str(root))
    resource_util.set_resource_dir = lambda _: None  # every solution would set it back to the package
    return modules


def detection(d, width, height):
    """A Detection of MediaPipe in pixels."""
    place = d.location_data
    b = place.relative_bounding_box
    return {
        "box": rounded([b.xmin * width, b.ymin * height, (b.xmin + b.width) * width, (b.ymin + b.height) * height], 2),
        "score": round(d.score[0], 4),
        "points": [rounded([p.x * width, p.y * height], 2) for p in place.relative_keypoints],
    }


def faces(modules):
    """What is found, and in larger pictures what is found of them reduced to the tensor's size."""
    from mediapipe.python.solution_base import SolutionBase

    for model, graph, side in [("near", "short", 128), ("far", "full", 192)]:

        def find(picture, width, height):
            with SolutionBase(binary_graph_path=str(modules / "face_detection" / f"face_detection_{graph}_range_cpu.binarypb")) as solution:
                return [detection(d, width, height) for d in solution.process({"image": picture}).detections or []]

        for name in FACES[model]:
            picture = read(name)
            height, width = picture.shape[:2]
            found = {"found": find(picture, width, height)}
            if (scale := side / max(width, height)) < 1:
                small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
                found["reduced"] = find(small, width, height)
            yield case(name, model=model, **found)


def square(r, width, height):
    """A NormalizedRect in pixels: the centre, the side, the angle in radians."""
    return rounded([r.x_center * width, r.y_center * height, r.width * width], 2) + [round(r.rotation, 5)]


def look(r, width, height):
    """The hands of one look, each with the square to look at next."""
    return [
        {
            # Depth is in the unit of x, as MediaPipe defines it.
            "points": [rounded([p.x * width, p.y * height, p.z * width], 2) for p in points.landmark],
            "world": [rounded([p.x, p.y, p.z], 5) for p in world.landmark],
            # MediaPipe names the hand as in a mirror: its left is the person's right.
            "right": round(side.classification[0].score if side.classification[0].label == "Left" else 1 - side.classification[0].score, 4),
            "next": square(rect, width, height),
        }
        for points, world, side, rect in zip(
            r.multi_hand_landmarks or [], r.multi_hand_world_landmarks or [], r.multi_handedness or [], r.hand_rects_from_landmarks or [])
    ]


def hands(modules):
    """Each picture twice: at the second look the squares come from the landmarks of the first."""
    from mediapipe.python.solution_base import SolutionBase

    outputs = ["palm_detections", "hand_rects_from_palm_detections", "hand_rects_from_landmarks",
               "multi_hand_landmarks", "multi_hand_world_landmarks", "multi_handedness"]
    for name in PALMS:
        picture = read(name)
        height, width = picture.shape[:2]
        with SolutionBase(
            binary_graph_path=str(modules / "hand_landmark" / "hand_landmark_tracking_cpu.binarypb"),
            side_inputs={"model_complexity": 0, "num_hands": 2, "use_prev_landmarks": True},
            outputs=outputs,
        ) as solution:
            first, second = (solution.process({"image": picture}) for _ in range(2))
        yield case(
            name,
            palms=[detection(d, width, height) for d in first.palm_detections or []],
            squares=[square(r, width, height) for r in first.hand_rects_from_palm_detections or []],
            first=look(first, width, height), second=look(second, width, height))


# NanoDet


def nanodet(source):
    """The head and the picture's way to it from the training repository, without the trainer that its packages import."""
    base = "opendr.perception.object_detection_2d.nanodet.algorithm.nanodet"
    inner = [f"{base}.{part}" for part in ["util", "model", "model.head", "data", "data.transform"]]
    for name in [base[:i] for i, c in enumerate(base + ".") if c == "."] + inner:
        package = types.ModuleType(name)
        package.__path__ = [str(source / Path(*name.split(".")))]
        sys.modules[name] = package
    for module, names in [("box_transform", ["bbox2distance", "distance2bbox"]), ("misc", ["images_to_levels", "multi_apply"])]:
        loaded = importlib.import_module(f"{base}.util.{module}")
        for name in names:
            setattr(sys.modules[f"{base}.util"], name, getattr(loaded, name))
    head = importlib.import_module(f"{base}.model.head.gfl_head")
    warp = importlib.import_module(f"{base}.data.transform.warp")
    color = importlib.import_module(f"{base}.data.transform.color")
    return head.GFLHead, warp.get_resize_matrix, color.color_aug_and_norm


def objects(source, threshold):
    import torch

    torch.manual_seed(1)
    gfl, resize_matrix, normalized = nanodet(source)
    loss = types.SimpleNamespace(
        loss_qfl=types.SimpleNamespace(use_sigmoid=True, beta=2.0, loss_weight=1.0),
        loss_dfl=types.SimpleNamespace(loss_weight=0.25), loss_bbox=types.SimpleNamespace(loss_weight=2.0))
    # The sizes of nanodet_g.yml and RepVGG_A0_416.yml; only get_bboxes and what it calls is run.
    head = gfl(80, loss, 128, feat_channels=128, stacked_convs=1, octave_base_scale=8, strides=[8, 16, 32], reg_max=10)
    normalize = [[103.53, 116.28, 123.675], [57.375, 57.12, 58.395]]
    session = onnxruntime.InferenceSession(str(MODELS / "nanodet_416.onnx"))
    labels = coco(source)
    size = (416, 416)
    for name in THINGS:
        picture = cv2.cvtColor(read(name), cv2.COLOR_RGB2BGR)
        height, width = picture.shape[:2]
        matrix = resize_matrix((width, height), size, True)
        meta = {"img": cv2.warpPerspective(picture, matrix, dsize=size)}
        tensor = normalized(meta, {"normalize": normalize})["img"].transpose(2, 0, 1)[None]
        out = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"input_1": tensor})))
        scores = torch.from_numpy(np.concatenate([out["Identity"], out["Identity_1"], out["Identity_2"]], 1))
        sides = torch.from_numpy(np.concatenate([out["Identity_3"], out["Identity_4"], out["Identity_5"]], 1))
        # The file has its sigmoid inside, the head adds it.
        preds = torch.cat([torch.logit(scores.double(), eps=1e-12).float(), sides], -1)
        rows = head.post_process(
            preds, {"img": torch.from_numpy(tensor), "warp_matrix": torch.from_numpy(matrix), "width": width, "height": height},
            conf_thresh=threshold)
        yield case(name, found=[
            {"box": rounded(r[:4], 2), "score": round(float(r[4]), 4), "class": labels[int(r[5])]} for r in rows.numpy()])


def coco(source):
    """The classes in the order of the training repository's configuration."""
    import yaml

    file = next(source.rglob("legacy_v0.x_configs/nanodet_g.yml"))
    return [name.replace("_", " ") for name in yaml.safe_load(file.read_text())["class_names"]]


# MoveNet


def people():
    """As the model's page describes: tf.image.resize_with_pad, int32, and y, x, score of 17 points."""
    import tensorflow as tf

    session = onnxruntime.InferenceSession(str(MODELS / "movenet_lightning_192.onnx"))
    for name in PEOPLE:
        picture = read(name)
        height, width = picture.shape[:2]
        tensor = tf.cast(tf.image.resize_with_pad(tf.expand_dims(picture, 0), 192, 192), tf.int32).numpy()
        out = session.run(None, {"input": tensor})[0].reshape(17, 3)
        # What resize_with_pad did, undone: the longer side fills the square.
        side = max(width, height)
        yield case(name, points=[
            [round(float(x) * side - (side - width) / 2, 2), round(float(y) * side - (side - height) / 2, 2), round(float(s), 4)]
            for y, x, s in out])


def write(name, cases):
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--face", type=Path, required=True, help="the unpacked npm package @mediapipe/face_detection")
    parser.add_argument("--hands", type=Path, required=True, help="the unpacked npm package @mediapipe/hands")
    parser.add_argument("--nanodet", type=Path, required=True, help="the folder src of the unpacked opendr-toolkit-object-detection-2d")
    options = parser.parse_args()
    modules = resources(options.face, options.hands)
    write("faces", list(faces(modules)))
    write("hands", list(hands(modules)))
    write("objects", list(objects(options.nanodet, 0.4)))
    write("pose", list(people()))


if __name__ == "__main__":
    main()
