"""The same workloads in PyTorch, where python3 has it: `pytorch.py WORKLOAD THREADS BUDGET` prints one line of JSON."""
import json, sys, time
import torch
from torch import nn
from torch.nn import functional as F

name, threads, budget = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) / 1000
torch.set_num_threads(threads)
torch.manual_seed(0)
sizes = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}


def step_of(net, optimizer, x, classes):
    y = torch.arange(len(x)) % classes

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def mlp(*sizes):
    parts = []
    for a, b in zip(sizes, sizes[1:]):
        parts += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def cnn():
    parts = []
    for a, b in zip([1, 32, 64, 128], [32, 64, 128, 256]):
        parts += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(b), nn.Dropout(0.3)]
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def prepare():
    if name in sizes:
        m, n, k = sizes[name]
        a, b = torch.rand(m, k), torch.rand(k, n)
        return lambda: a @ b
    x, y = torch.rand(2**20), torch.rand(2**20)
    if name == 'elementwise 2^20':
        return lambda: torch.relu(x * y + x) * y - x
    if name == 'silu 2^20':
        return lambda: F.silu(x)
    if name == 'iris step':
        net = mlp(4, 10, 3)
        return step_of(net, torch.optim.SGD(net.parameters(), 0.1), torch.rand(25, 4), 3)
    if name.startswith('mlp step'):
        net = mlp(784, 256, 128, 10)
        parameters = net.parameters()
        sgd = name.endswith('sgd')
        optimizer = torch.optim.SGD(parameters, 0.1, momentum=0.9) if sgd else torch.optim.Adam(parameters, 1e-3)
        return step_of(net, optimizer, torch.rand(128, 784), 10)
    if name == 'lenet step':
        net = lenet()
        return step_of(net, torch.optim.SGD(net.parameters(), 0.1), torch.rand(64, 1, 28, 28), 10)
    net = cnn()
    if name == 'cnn step':
        return step_of(net, torch.optim.Adam(net.parameters(), 1e-3), torch.rand(64, 1, 28, 28), 10)
    if name == 'cnn inference':
        net.eval()
        images = torch.rand(64, 1, 28, 28)

        def forward():
            with torch.no_grad():
                net(images)

        return forward
    if name == 'conv 64-128':
        images = torch.rand(32, 64, 16, 16, requires_grad=True)
        filters = torch.rand(128, 64, 3, 3, requires_grad=True)
        cotangent = torch.rand(32, 128, 16, 16)
        return lambda: torch.autograd.grad((F.conv2d(images, filters, padding=1) * cotangent).sum(), [images, filters])
    raise SystemExit(f'no workload {name}')


def clock(run, calls):
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls * 1000


run = prepare()
first = clock(run, 1)
warm, once = time.perf_counter(), first
while time.perf_counter() - warm < budget / 3:
    once = min(once, clock(run, 1))
calls = max(1, round(0.5 / max(once, 1e-6)))
samples, start = [], time.perf_counter()
while len(samples) < 3 or time.perf_counter() - start < budget:
    samples.append(clock(run, calls))
samples.sort()
print(json.dumps({'first': first, 'best': samples[0], 'median': samples[len(samples) // 2]}))
