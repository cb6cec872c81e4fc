"""Build a voice in Piper's format by arithmetic alone: ``python -m audio_models.voice_recipe.build FOLDER``."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

RATE = 22050
SAMPLES_A_PHONEME = 1200
_LOWEST_HZ = 140.0
_STEP_HZ = 4.0
_OPSET = 15


def _constant(name: str, value: object, kind: type) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(value, dtype=kind), name)


def build_graph() -> onnx.ModelProto:
    """The model: each phoneme id becomes a tone of its own, ``SAMPLES_A_PHONEME`` times the length scale long.

    Tone k of phase 2πft is shaped with a half sine over its length, so that neighbours don't click. The padding id 0
    that Piper puts between phonemes is silent.
    """
    nodes = [
        helper.make_node("Gather", ["scales", "one_i"], ["length_scale"], axis=0),
        helper.make_node("Mul", ["length_scale", "samples_each"], ["length_f"]),
        helper.make_node("Floor", ["length_f"], ["length_whole"]),
        helper.make_node("Cast", ["length_whole"], ["length"], to=TensorProto.INT64),
        helper.make_node("Squeeze", ["length"], ["length_scalar"]),
        helper.make_node("Range", ["zero_i", "length_scalar", "one_scalar"], ["ticks_i"]),
        helper.make_node("Cast", ["ticks_i"], ["ticks"], to=TensorProto.FLOAT),
        helper.make_node("Squeeze", ["input", "axis0"], ["ids_i"]),
        helper.make_node("Cast", ["ids_i"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["ids", "axis1"], ["ids_column"]),
        helper.make_node("Unsqueeze", ["ticks", "axis0"], ["ticks_row"]),
        helper.make_node("Mul", ["ids_column", "step"], ["ids_hz"]),
        helper.make_node("Add", ["ids_hz", "lowest"], ["hz"]),
        helper.make_node("Mul", ["hz", "radians"], ["radians_a_tick"]),
        helper.make_node("Mul", ["radians_a_tick", "ticks_row"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["tone"]),
        helper.make_node("Div", ["pi", "length_whole"], ["shape_step"]),
        helper.make_node("Mul", ["ticks_row", "shape_step"], ["shape_phase"]),
        helper.make_node("Sin", ["shape_phase"], ["shape"]),
        helper.make_node("Sign", ["ids_column"], ["audible"]),
        helper.make_node("Mul", ["tone", "shape"], ["shaped"]),
        helper.make_node("Mul", ["shaped", "audible"], ["gated"]),
        helper.make_node("Mul", ["gated", "gain"], ["quiet"]),
        helper.make_node("Reshape", ["quiet", "flat"], ["output"]),
    ]
    constants = [
        _constant("one_i", [1], np.int64),
        _constant("zero_i", 0, np.int64),
        _constant("one_scalar", 1, np.int64),
        _constant("axis0", [0], np.int64),
        _constant("axis1", [1], np.int64),
        _constant("flat", [1, 1, 1, -1], np.int64),
        _constant("samples_each", [SAMPLES_A_PHONEME], np.float32),
        _constant("step", _STEP_HZ, np.float32),
        _constant("lowest", _LOWEST_HZ, np.float32),
        _constant("radians", 2 * np.pi / RATE, np.float32),
        _constant("pi", np.pi, np.float32),
        _constant("gain", 0.5, np.float32),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1, 1, "time"])]
    graph = helper.make_graph(nodes, "beep", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="voicebot")
    # Runtimes refuse a file format newer than themselves; the graph needs nothing of a new one.
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def build_config() -> dict[str, object]:
    """The JSON beside the model: espeak-ng's British phonemes, Piper's usual ids."""
    ids = {phoneme: list(numbers) for phoneme, numbers in DEFAULT_PHONEME_ID_MAP.items()}
    return {
        "audio": {"sample_rate": RATE, "quality": "beep"},
        "espeak": {"voice": "en-gb-x-rp"},
        "phoneme_type": "espeak",
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "num_symbols": max(max(numbers) for numbers in ids.values()) + 1,
        "num_speakers": 1,
        "speaker_id_map": {},
        "phoneme_id_map": ids,
        "language": {"code": "en_GB"},
    }


def build(folder: Path) -> Path:
    """Write ``NAME.onnx`` and ``NAME.onnx.json`` to ``folder``, NAME being the folder's; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(build_graph(), str(folder / f"{folder.name}.onnx"))
    text = json.dumps(build_config(), ensure_ascii=False, indent=1)
    (folder / f"{folder.name}.onnx.json").write_text(text + "\n", encoding="utf-8")
    return folder


if __name__ == "__main__":
    build(Path(sys.argv[1]))
