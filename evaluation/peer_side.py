"""What runs in a peer's own process: `python -I peer_side.py NAME OPTIONS`, OPTIONS as JSON.

It knows the peer's packages and the standard library, nothing of Usher. On standard output it says
what it is, as one line of JSON; for each line that comes in, the name of a turn, it measures and
answers with one more.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Turns = dict[str, Callable[[], dict[str, Any]]]
Made = tuple[str, Turns]

MILLI = 1e3
WARM_UP = 2


def face_recognition(options: dict[str, Any]) -> Made:
    """Use it as its readme does: load, locations (HOG), encodings, distances to everybody."""
    library, dlib, np = map(importlib.import_module, ("face_recognition", "dlib", "numpy"))
    known = _units(np, options["gallery"], 128)

    def recognise(path: str) -> int:
        image = library.load_image_file(path)
        encodings = library.face_encodings(image, library.face_locations(image))
        for encoding in encodings:
            int(np.argmin(library.face_distance(known, encoding)))
        return len(encodings)

    return f"face_recognition {library.__version__}, dlib {dlib.__version__}, HOG", {
        "crops": _over(options["crops"], recognise)
    }


def insightface(options: dict[str, Any]) -> Made:
    """Use FaceAnalysis: a detection at 640 and every other model of the folder on each face.

    Left alone, version 2 looks at 128 as well, which is slower; its readme's 640 is kinder to it.
    """
    app, cv2, np = map(importlib.import_module, ("insightface.app", "cv2", "numpy"))
    version = importlib.import_module("importlib.metadata").version("insightface")
    analysis = app.FaceAnalysis(**options["models"])
    analysis.prepare(ctx_id=0, det_size=(640, 640))
    known: list[Any] = []

    def recognise(path: str) -> int:
        faces = analysis.get(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR))
        for face in faces:
            if not known:
                known.append(_units(np, options["gallery"], len(face.normed_embedding)))
            int(np.argmax(known[0] @ face.normed_embedding))
        return bool(faces)

    files = ", ".join(sorted(path.name for path in Path(analysis.model_dir).glob("*.onnx")))
    return f"insightface {version}, det_size 640, models {files}", {
        "crops": _over(options["crops"], recognise)
    }


def faiss(options: dict[str, Any]) -> Made:
    """Search a flat index of inner products: single queries, and batches."""
    library, np = map(importlib.import_module, ("faiss", "numpy"))
    library.omp_set_num_threads(options["threads"])
    index = library.IndexFlatIP(options["dimensions"])
    for start in range(0, options["references"], 100_000):
        count = min(100_000, options["references"] - start)
        index.add(_units(np, count, options["dimensions"], seed=start))
    probes = _units(np, options["probes"], options["dimensions"], seed=7)
    batch, k = options["batch"], options["k"]

    def search(size: int) -> dict[str, Any]:
        parts = [probes[start : start + size] for start in range(0, len(probes), size)]
        return {"ms": [_millis(index.search, part, k) / size for part in parts]}

    return f"faiss-cpu {library.__version__}, IndexFlatIP", {
        "query": lambda: search(1),
        "batch": lambda: search(batch),
    }


PEERS: dict[str, Callable[[dict[str, Any]], Made]] = {
    "face_recognition": face_recognition,
    "insightface": insightface,
    "faiss": faiss,
}


def _units(np: Any, count: int, dimensions: int, seed: int = 1) -> Any:
    """Return random unit vectors (count, dimensions), float32."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _over(paths: list[str], recognise: Callable[[str], int]) -> Callable[[], dict[str, Any]]:
    """Return a turn that recognises every crop once: milliseconds of each, crops with a face."""
    for path in paths[:WARM_UP]:
        recognise(path)

    def turn() -> dict[str, Any]:
        found = dict[str, int]()
        taken = [
            _millis(lambda path: found.update({path: recognise(path)}), path) for path in paths
        ]
        return {"ms": taken, "found": sum(map(bool, found.values()))}

    return turn


def _millis(call: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    call(*arguments)
    return (time.perf_counter() - begun) * MILLI


def serve(name: str, options: dict[str, Any], wanted: Iterable[str]) -> None:
    """Answer turns until there are no more. Whatever a peer prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(figures: dict[str, Any]) -> None:
        answers.write(f"{json.dumps(figures)}\n")

    try:
        about, turns = PEERS[name](options)
        answer({"about": about})
        for line in wanted:
            answer(turns[line.strip()]())
    except Exception as error:  # noqa: BLE001 - a peer fails in any way; whoever measures says so
        answer({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]), sys.stdin)
