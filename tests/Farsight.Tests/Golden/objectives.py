"""Losses of objectives by their formulas, for ObjectiveScriptTests. Shares no code with Farsight.

    python3 tests/Farsight.Tests/Golden/objectives.py > tests/Farsight.Tests/Golden/objectives.txt
"""
from math import exp, log, sqrt


def sigmoid(z):
    return 1 / (1 + exp(-z))


# (sum of log-probabilities, tokens): policy, and reference.
CHOSEN, REJECTED = (-12.5, 5), [(-8.25, 4), (-30.0, 7)]
REF_CHOSEN, REF_REJECTED = (-11.0, 5), [(-9.0, 4), (-28.5, 7)]
SHORT_CHOSEN, SHORT_REJECTED = (-6.0, 5), (-9.5, 4)
REF_SHORT_CHOSEN, REF_SHORT_REJECTED = (-6.5, 5), (-9.0, 4)


def kto(beta, z, desirable, undesirable):
    losses = [desirable * (1 - sigmoid(beta * (CHOSEN[0] - REF_CHOSEN[0] - z)))]
    for (s, _), (r, _) in zip(REJECTED, REF_REJECTED):
        losses.append(undesirable * (1 - sigmoid(beta * (z - (s - r)))))
    return sum(losses) / len(losses)


def rpo(beta, alpha):
    margin = beta * ((CHOSEN[0] - REF_CHOSEN[0]) - (REJECTED[0][0] - REF_REJECTED[0][0]))
    return -log(sigmoid(margin)) - alpha * CHOSEN[0] / CHOSEN[1]


def simpo(chosen, rejected, beta, gamma):
    return -log(sigmoid(beta * chosen[0] / chosen[1] - beta * rejected[0] / rejected[1] - gamma))


def solo_simpo(beta, gamma, alpha):
    distance = beta * SHORT_CHOSEN[0] / SHORT_CHOSEN[1] - beta * CHOSEN[0] / CHOSEN[1]
    return simpo(SHORT_CHOSEN, SHORT_REJECTED, beta, gamma) + alpha * abs(distance)


def solo_dpo(beta, alpha):
    short = beta * (SHORT_CHOSEN[0] - REF_SHORT_CHOSEN[0])
    margin = short - beta * (SHORT_REJECTED[0] - REF_SHORT_REJECTED[0])
    return -log(sigmoid(margin)) + alpha * abs(short - beta * (CHOSEN[0] - REF_CHOSEN[0]))


def odds(chosen):
    p = exp(chosen[0] / chosen[1])
    return log(p / (1 - p))


def solo_orpo(weight, alpha):
    loss = -SHORT_CHOSEN[0] / SHORT_CHOSEN[1] - weight * log(sigmoid(odds(SHORT_CHOSEN) - odds(SHORT_REJECTED)))
    return loss + alpha * abs(odds(SHORT_CHOSEN) - odds(CHOSEN))


# Three sampled responses: policy, policy at sampling, short context, reference, reward.
SAMPLED = [
    ([-0.5, -1.25, -0.1], [-0.6, -1.0, -0.1], [-0.2, -1.5, -0.05], [-0.7, -0.9, -0.3], 1.0),
    ([-2.0, -0.25], [-1.5, -0.25], [-2.5, -0.5], [-1.9, -0.2], 0.0),
    ([-0.75, -0.5, -1.0, -3.0], [-0.75, -1.0, -1.0, -2.5], [-1.0, -0.4, -1.1, -2.0], [-0.8, -0.6, -0.9, -2.0], 0.25),
]


def opsdl():
    total = 0
    for policy, sampling, short, _, _ in SAMPLED:
        total += -sum((t - s) * p for p, s, t in zip(policy, sampling, short)) / len(policy)
    return total / len(SAMPLED)


def grpo(low, high, kl, by_token, by_deviation):
    rewards = [r[4] for r in SAMPLED]
    mean = sum(rewards) / len(rewards)
    deviation = sqrt(sum((r - mean) ** 2 for r in rewards) / len(rewards))
    tokens = sum(len(r[0]) for r in SAMPLED)
    total = 0
    for policy, sampling, _, reference, reward in SAMPLED:
        advantage = (reward - mean) / (deviation + 1e-6) if by_deviation else reward - mean
        response = 0
        for p, s, f in zip(policy, sampling, reference):
            ratio = exp(p - s)
            gain = min(ratio * advantage, min(max(ratio, 1 - low), 1 + high) * advantage)
            response += gain - kl * (exp(f - p) - (f - p) - 1)
        total -= response / (tokens if by_token else len(SAMPLED) * len(policy))
    return total


# Two tokens: the teacher's two or three most likely tokens, and the policy's log-probabilities of the same.
DISTILLED = [
    ([log(0.5), log(0.3)], [log(0.2), log(0.6)]),
    ([log(0.9), log(0.05), log(0.01)], [log(0.7), log(0.1), log(0.15)]),
]


def distill(reverse, nll):
    total = 0
    for teacher, policy in DISTILLED:
        p = [exp(x) for x in teacher]
        q = [exp(x) for x in policy]
        p.append(1 - sum(p))
        q.append(1 - sum(q))
        total += (1 - reverse) * sum(a * log(a / b) for a, b in zip(p, q))
        total += reverse * sum(b * log(b / a) for a, b in zip(p, q))
    return total / len(DISTILLED) - nll * CHOSEN[0] / CHOSEN[1]


for name, value in [
    ("kto", kto(0.1, 0.4, 1, 1)),
    ("kto weights", kto(0.3, 0.4, 1.5, 0.75)),
    ("rpo", rpo(0.1, 1)),
    ("mixture", 0.25 * rpo(0.1, 1) + 2 * simpo(CHOSEN, REJECTED[0], 2, 0.5)),
    ("solopo simpo", solo_simpo(2, 0.5, 1)),
    ("solopo dpo", solo_dpo(0.1, 3)),
    ("solopo orpo", solo_orpo(0.5, 1)),
    ("opsdl", opsdl()),
    ("grpo", grpo(0.2, 0.28, 0, False, True)),
    ("grpo all", grpo(0.2, 0.28, 0.05, True, False)),
    ("distill", distill(0, 0)),
    ("distill all", distill(0.3, 0.5)),
]:
    print(f"{name}: {value!r}")
