# SPDX-License-Identifier: Apache-2.0
"""PyTorch, JAX and ONNX Runtime: each prepares a workload as a function without arguments, tells
the seconds of its calls, and how far its result is from the same in double."""

import math
import os
import time

RATE, MOMENTUM = 0.01, 0.9
ADAM = {"rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "decay": 1e-2}


def is_labels(operand):
    return len(operand) == 3 and operand[1] == "of"


def relative_error(results, exact):
    """Of the worst result, relative to its largest element: both are lists of arrays of NumPy."""
    errors = [abs(got.astype("float64") - want).max() / max(abs(want).max(), 1e-300)
              for got, want in zip(results, exact)]
    return float(max(errors))


def as_list(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def wall_seconds(run, calls):
    begin = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - begin) / calls


# --- PyTorch -------------------------------------------------------------------------------------

def torch_functions(torch, compiled):
    f = torch.nn.functional

    def network(x, w1, b1, w2, b2, w3, b3):
        return torch.relu(torch.relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3

    def linear_network(x, w1, b1, w2, b2, w3, b3):  # eager, one call for a product and its bias
        return torch.addmm(b3, torch.addmm(b2, torch.addmm(b1, x, w1).relu_(), w2).relu_(), w3)

    def loss_and_slope(x, labels):
        logs = torch.log_softmax(x, -1)
        loss = f.nll_loss(logs, labels, reduction="none")
        return loss, logs.exp_().scatter_add_(1, labels[:, None], -torch.ones_like(loss)[:, None])

    def loss_of(weights, x, labels):
        return f.cross_entropy(network(x, *weights), labels)

    def training_step(*operands):
        weights, velocities, (x, labels) = operands[:6], operands[6:12], operands[12:]
        if compiled:
            slopes = torch.func.grad(loss_of)(tuple(weights), x, labels)
        else:
            leaves = [w.detach().requires_grad_() for w in weights]
            slopes = torch.autograd.grad(loss_of(leaves, x, labels), leaves)
        with torch.no_grad():
            for w, v, g in zip(weights, velocities, slopes):
                sgd(w, v, g)

    def sgd(w, v, g):
        v.mul_(MOMENTUM).add_(g)
        w.sub_(v, alpha=RATE)

    def adamw(w, mean, square, g):  # the first step, again and again: every step costs the same
        a = ADAM
        w.mul_(1 - a["rate"] * a["decay"])
        mean.lerp_(g, 1 - a["beta1"])
        square.mul_(a["beta2"]).addcmul_(g, g, value=1 - a["beta2"])
        root = square.sqrt().div_(math.sqrt(1 - a["beta2"])).add_(a["epsilon"])
        w.addcdiv_(mean, root, value=-a["rate"] / (1 - a["beta1"]))

    def convolution(x, w):
        kernel = w.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        return f.conv2d(x.permute(0, 3, 1, 2), kernel).permute(0, 2, 3, 1)

    return {
        "chain": lambda a, b, c, d, e: torch.relu(a * b + c) * d - e,
        "scaled_chain": lambda x, a, b, r: torch.relu(x * a + b) * 0.5 + r,
        "gelu": lambda x: f.gelu(x),
        "gelu_tanh": lambda x: f.gelu(x, approximate="tanh"),
        "gate": lambda x, y: torch.sigmoid(x) * torch.tanh(y),
        "softmax": lambda x: torch.softmax(x, -1),
        "layer_norm": lambda x, a, b: f.layer_norm(x, x.shape[-1:], a, b),
        "cross_entropy": lambda x, labels: f.cross_entropy(x, labels, reduction="none"),
        "loss_and_slope": loss_and_slope,
        "sum": lambda x: x.sum(),
        "distance": lambda x, y: (x - y).square().sum(),
        "column_mean": lambda x: x.mean(0),
        "dense": lambda x, w, b: torch.relu(torch.addmm(b, x, w)),
        "gated": lambda x, w, v: f.silu(x @ w) * (x @ v),
        "softmax_layer": lambda x, w, b: torch.softmax(x @ w + b, -1),
        "attention": lambda q, k, v: f.scaled_dot_product_attention(q[None], k[None], v[None])[0],
        "network": network if compiled else linear_network,
        "training_step": training_step,
        "sgd": sgd,
        "adamw": adamw,
        "grid": lambda x, row, column: x * row + column,
        "every_other": lambda x, row: x[:, ::2] * row,
        "turned": lambda x, y: x.T + y,
        "convolution": convolution,
    }


class Torch:
    """PyTorch, as it is or compiled; on a device in its most tuned mode, which on a CPU would take
    minutes for each workload."""

    def __init__(self, target, threads, compiled):
        import torch
        if target == "cuda" and not torch.cuda.is_available():
            raise RuntimeError("it finds no CUDA device")
        if target == "cpu":
            torch.set_num_threads(threads)
        self.torch, self.compiled, self.target = torch, compiled, target
        self.who = "torch.compile" if compiled else "torch"
        self.device = torch.cuda.get_device_name() if target == "cuda" else ""
        self.functions = torch_functions(torch, compiled)

    def prepare(self, w):
        torch = self.torch
        kind = {"f32": torch.float32, "bf16": torch.bfloat16}[w.dtype]
        scales = w.scales + (1,) * (len(w.operands) - len(w.scales))
        self.operands = [
            torch.randint(s[2], (s[0],), device=self.target) if is_labels(s)
            else (torch.randn(s, device=self.target) * scale).to(kind)
            for s, scale in zip(w.operands, scales)]
        function = self.functions[w.function]
        self.workload, operands = w, self.operands
        if self.compiled:
            torch._dynamo.reset()
            mode = "max-autotune-no-cudagraphs" if self.target == "cuda" else "default"
            function = torch.compile(function, mode=mode)
        self.function = function
        # Gradients need no guard: what asks for them says so, and no operand does.
        context = torch.inference_mode if w.function != "training_step" else torch.enable_grad
        if self.compiled:
            context = torch.no_grad if w.function != "training_step" else torch.enable_grad

        def run():
            with context():
                return function(*operands)
        for _ in range(3):
            run()
        return run

    def error(self, run):
        torch, w = self.torch, self.workload
        plain = torch_functions(torch, False)[w.function]
        exact = [o.double() if o.is_floating_point() else o for o in self.operands]
        want, got = plain(*exact), run()
        if w.updated:
            want, got = exact[:w.updated], self.operands[:w.updated]

        def numbers(result):
            return [t.detach().double().numpy() for t in as_list(result)]
        return relative_error(numbers(got), numbers(want))

    def seconds(self, run, calls):
        if self.target == "cpu":
            return wall_seconds(run, calls)
        begin, end = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e-3 / calls


# --- JAX -----------------------------------------------------------------------------------------

def jax_functions(jax):
    np = jax.numpy

    def layer_norm(x, a, b):
        mean = x.mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * a + b

    def cross_entropy(x, labels):
        return -np.take_along_axis(jax.nn.log_softmax(x, -1), labels[:, None], 1)[:, 0]

    def loss_and_slope(x, labels):
        loss = cross_entropy(x, labels)
        return loss, jax.nn.softmax(x, -1) - jax.nn.one_hot(labels, x.shape[-1], dtype=x.dtype)

    def network(x, w1, b1, w2, b2, w3, b3):
        return jax.nn.relu(jax.nn.relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3

    def training_step(*operands):
        weights, velocities, (x, labels) = operands[:6], operands[6:12], operands[12:]
        slopes = jax.grad(lambda w: cross_entropy(network(x, *w), labels).mean())(weights)
        velocities = [MOMENTUM * v + g for v, g in zip(velocities, slopes)]
        return *(w - RATE * v for w, v in zip(weights, velocities)), *velocities

    def sgd(w, v, g):
        v = MOMENTUM * v + g
        return w - RATE * v, v

    def adamw(w, mean, square, g):
        a = ADAM
        mean = a["beta1"] * mean + (1 - a["beta1"]) * g
        square = a["beta2"] * square + (1 - a["beta2"]) * g * g
        root = np.sqrt(square / (1 - a["beta2"])) + a["epsilon"]
        change = mean / (1 - a["beta1"]) / root + a["decay"] * w
        return w - a["rate"] * change, mean, square

    def attention(q, k, v):
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        return jax.nn.softmax(scores, -1) @ v

    return {
        "chain": lambda a, b, c, d, e: jax.nn.relu(a * b + c) * d - e,
        "scaled_chain": lambda x, a, b, r: jax.nn.relu(x * a + b) * 0.5 + r,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "gelu_tanh": lambda x: jax.nn.gelu(x, approximate=True),
        "gate": lambda x, y: jax.nn.sigmoid(x) * np.tanh(y),
        "softmax": lambda x: jax.nn.softmax(x, -1),
        "layer_norm": layer_norm,
        "cross_entropy": cross_entropy,
        "loss_and_slope": loss_and_slope,
        "sum": lambda x: x.sum(),
        "distance": lambda x, y: np.square(x - y).sum(),
        "column_mean": lambda x: x.mean(0),
        "dense": lambda x, w, b: jax.nn.relu(x @ w + b),
        "gated": lambda x, w, v: jax.nn.silu(x @ w) * (x @ v),
        "softmax_layer": lambda x, w, b: jax.nn.softmax(x @ w + b, -1),
        "attention": attention,
        "network": network,
        "training_step": training_step,
        "sgd": sgd,
        "adamw": adamw,
        "grid": lambda x, row, column: x * row + column,
        "every_other": lambda x, row: x[:, ::2] * row,
        "turned": lambda x, y: x.T + y,
        "convolution": lambda x, w: jax.lax.conv_general_dilated(
            x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")),
    }


class Jax:
    """Compiled by jit; what is updated is donated, so that it stays in its memory."""

    def __init__(self, target, threads):
        if target == "cpu":
            os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax
        jax.config.update("jax_enable_x64", target == "cpu")  # for the errors
        self.jax, self.who, self.target = jax, "jax", target
        devices = [d for d in jax.devices() if (d.platform == "gpu") == (target == "cuda")]
        if not devices:
            raise RuntimeError("it finds no CUDA device")
        self.device = devices[0].device_kind if target == "cuda" else ""
        self.functions = jax_functions(jax)

    def prepare(self, w):
        jax = self.jax
        kind = {"f32": "float32", "bf16": "bfloat16"}[w.dtype]
        scales = w.scales + (1,) * (len(w.operands) - len(w.scales))
        keys = jax.random.split(jax.random.PRNGKey(1), len(w.operands))
        operands = [
            jax.random.randint(key, (s[0],), 0, s[2], "int32") if is_labels(s)
            else (jax.random.normal(key, s, "float32") * scale).astype(kind)
            for key, s, scale in zip(keys, w.operands, scales)]
        function = jax.jit(self.functions[w.function], donate_argnums=tuple(range(w.updated)))
        self.workload, self.operands = w, operands
        self.last = None

        def run():
            self.last = function(*operands)
            if w.updated:
                operands[:w.updated] = self.last
        run()
        return run

    def error(self, run):
        function = self.functions[self.workload.function]
        exact = [o.astype("float64") if o.dtype.kind not in "iu" else o for o in self.operands]
        want = as_list(self.jax.jit(function)(*exact))
        run()
        import numpy
        return relative_error([numpy.asarray(r).astype("float64") for r in as_list(self.last)],
                              [numpy.asarray(r) for r in want])

    def seconds(self, run, calls):
        if self.target == "cpu":  # a call is over when its result is there, as for all others
            def ready():
                run()
                self.jax.block_until_ready(self.last)
            return wall_seconds(ready, calls)
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        self.jax.block_until_ready(self.last)
        return (time.perf_counter() - begin) / calls


# --- ONNX Runtime --------------------------------------------------------------------------------

# function -> operands that are constants of the model, and its nodes: operation, inputs, output,
# attributes. Operands are x0, x1, ...; the result is y.
ONNX = {
    "chain": ((), (("Mul", "x0 x1", "a"), ("Add", "a x2", "b"), ("Relu", "b", "c"),
                   ("Mul", "c x3", "d"), ("Sub", "d x4", "y"))),
    "gelu": ((), (("Gelu", "x0", "y"),)),
    "gelu_tanh": ((), (("Gelu", "x0", "y", {"approximate": "tanh"}),)),
    "gate": ((), (("Sigmoid", "x0", "a"), ("Tanh", "x1", "b"), ("Mul", "a b", "y"))),
    "softmax": ((), (("Softmax", "x0", "y"),)),
    "layer_norm": ((1, 2), (("LayerNormalization", "x0 x1 x2", "y", {"epsilon": 1e-5}),)),
    "cross_entropy": ((), (("LogSoftmax", "x0", "a"), ("Unsqueeze", "x1 one", "b"),
                           ("GatherElements", "a b", "c", {"axis": 1}), ("Neg", "c", "d"),
                           ("Squeeze", "d one", "y"))),
    "sum": ((), (("ReduceSum", "x0", "y", {"keepdims": 0}),)),
    "column_mean": ((), (("ReduceMean", "x0 zero", "y", {"keepdims": 0}),)),
    "dense": ((1, 2), (("Gemm", "x0 x1 x2", "a"), ("Relu", "a", "y"))),
    "gated": ((1, 2), (("MatMul", "x0 x1", "a"), ("Sigmoid", "a", "b"), ("Mul", "a b", "c"),
                       ("MatMul", "x0 x2", "d"), ("Mul", "c d", "y"))),
    "attention": ((), (("Transpose", "x1", "a", {"perm": [0, 2, 1]}), ("MatMul", "x0 a", "b"),
                       ("Mul", "b scale", "c"), ("Softmax", "c", "d"), ("MatMul", "d x2", "y"))),
    "network": (range(1, 7), (("Gemm", "x0 x1 x2", "a"), ("Relu", "a", "b"),
                              ("Gemm", "b x3 x4", "c"), ("Relu", "c", "d"),
                              ("Gemm", "d x5 x6", "y"))),
    "grid": ((), (("Mul", "x0 x1", "a"), ("Add", "a x2", "y"))),
    "turned": ((), (("Transpose", "x0", "a", {"perm": [1, 0]}), ("Add", "a x1", "y"))),
}


class OnnxRuntime:
    """Models of a few nodes, whose results are written to memory that is there already."""

    def __init__(self, threads):
        import numpy
        import onnx
        import onnxruntime
        self.numpy, self.onnx, self.runtime = numpy, onnx, onnxruntime
        self.who, self.device = "onnxruntime", ""
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads, self.options.inter_op_num_threads = threads, 1

    def prepare(self, w):
        if w.function not in ONNX or w.dtype != "f32":
            raise NotImplementedError
        numpy, helper = self.numpy, self.onnx.helper
        numbers = numpy.random.default_rng(1)
        self.workload = w
        self.operands = [
            numbers.integers(s[2], size=s[0]) if is_labels(s)
            else numbers.standard_normal(s, "float32") for s in w.operands]
        constants, nodes = ONNX[w.function]
        extra = {"zero": numpy.array([0], "int64"), "one": numpy.array([1], "int64"),
                 "scale": numpy.array(1 / math.sqrt(w.operands[0][-1]), "float32")}
        named = {f"x{i}": o for i, o in enumerate(self.operands)}
        used = {name for node in nodes for name in node[1].split()}
        fixed = {f"x{i}": named[f"x{i}"] for i in constants}
        fixed.update({name: value for name, value in extra.items() if name in used})
        kinds = {"float32": self.onnx.TensorProto.FLOAT, "int64": self.onnx.TensorProto.INT64}
        inputs = {name: o for name, o in named.items() if name not in fixed}
        graph = helper.make_graph(
            [helper.make_node(op, names.split(), [out], **dict(*rest))
             for op, names, out, *rest in nodes], w.function,
            [helper.make_tensor_value_info(name, kinds[o.dtype.name], o.shape)
             for name, o in inputs.items()],
            [helper.make_tensor_value_info("y", kinds["float32"], None)],
            [self.onnx.numpy_helper.from_array(o, name) for name, o in fixed.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        session = self.runtime.InferenceSession(model.SerializeToString(), self.options,
                                                providers=["CPUExecutionProvider"])
        self.result = session.run(None, inputs)[0]
        binding = session.io_binding()
        self.kept = [self.runtime.OrtValue.ortvalue_from_numpy(o) for o in inputs.values()]
        for name, value in zip(inputs, self.kept):
            binding.bind_ortvalue_input(name, value)
        self.out = self.runtime.OrtValue.ortvalue_from_numpy(self.result)
        binding.bind_ortvalue_output("y", self.out)
        return lambda: session.run_with_iobinding(binding)

    def error(self, run):
        try:
            import torch
        except ImportError:
            return None
        run()
        exact = [torch.from_numpy(o) for o in self.operands]
        exact = [o.double() if o.is_floating_point() else o for o in exact]
        want = torch_functions(torch, False)[self.workload.function](*exact)
        return relative_error([self.out.numpy()], [want.numpy()])

    def seconds(self, run, calls):
        return wall_seconds(run, calls)
