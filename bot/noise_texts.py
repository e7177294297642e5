"""What a person is told about a measurement of noise: a table for a telephone, and what it means in words."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from bot.texts import Texts
from bot.why import titled
from models.noise.results import Control, CorpusNoise, LevelNoise, Noise
from models.personas import Persona
from scene.forms import Form, voice
from storage.noise import StoredMeasurement
from storage.records import StoredScene

_SAME = "="  # it writes what the reference writes
_CUT = "✂"


Personas = Mapping[str, Persona]
"""Those there are, by id."""


def title(say: Texts, known: Personas, stored: StoredScene, form: str, persona: str) -> str:
    """Which text is measured: code, scene, form and who speaks."""
    return say(
        "noise-heading",
        code=stored.code,
        mnemonic=stored.scene.mnemonic,
        form=voice(Form(form), say.lang).title,
        persona=f", {titled(say, known, persona)}" if persona else "",
    )


def heading(say: Texts, known: Personas, kept: StoredMeasurement) -> str:
    """Which text was measured."""
    return title(say, known, kept.stored, kept.measurement.form, kept.measurement.persona)


def result(say: Texts, known: Personas, kept: StoredMeasurement, noise: Noise) -> str:
    """A measurement in one message of Telegram's HTML."""
    lines = [
        f"<b>{_safe(heading(say, known, kept))}</b>",
        *(_safe(sentence) for sentence in meaning(say, noise)),
        f"<pre>{_safe(table(say, noise))}</pre>",
        *(_safe(sentence) for sentence in grounds(say, noise)),
        f"<i>{_safe(say('noise-columns'))}</i>",
        f"<i>{_safe(footing(say, kept, noise))}</i>",
    ]
    return "\n".join(lines)


def table(say: Texts, noise: Noise) -> str:
    """The figures of the reference and the levels, 33 letters wide."""
    head = [say(f"noise-column-{name}") for name in ("level", "bits", "kld", "top", "parts", "resonance")]
    reference = (noise.reference, "", "0", "100", _SAME, f"{noise.resonance * 100:.0f}")
    rows = [
        (
            each.level,
            f"{each.bits_per_weight:.1f}",
            short(each.summary.mean_kld),
            f"{each.summary.same_top * 100:.0f}",
            _SAME if each.first_divergence is None else str(each.first_divergence + 1),
            f"{each.resonance * 100:.0f}",
        )
        for each in noise.levels
    ]
    return "\n".join(_row(row) for row in (head, reference, *rows))


def _row(cells: Sequence[str]) -> str:
    level, bits, kld, top, parts, resonance = cells
    return f"{level:<7} {bits:>4} {kld:>6} {top:>4} {parts:>4} {resonance:>3}"


def meaning(say: Texts, noise: Noise) -> list[str]:
    """What the figures mean, a sentence each."""
    same = [each.level for each in noise.levels if each.first_divergence is None]
    worst = max(noise.levels, key=lambda each: each.summary.mean_kld)
    if len(same) == len(noise.levels):
        told = say("noise-all-same")
    else:
        told = say("noise-some-same", levels=", ".join(same)) if same else say("noise-none-same")
    changed = int((~worst.per_token.same_top).sum())
    return [told, say("noise-worst", level=worst.level, changed=changed, count=len(noise.tokens))]


def grounds(say: Texts, noise: Noise | CorpusNoise) -> list[str]:
    """What the figures rest on: the reference, its determinism, and what chance would give."""
    if noise.reference == noise.source:
        told = [say("noise-reference-real", reference=noise.reference)]
    else:
        told = [say("noise-reference", reference=noise.reference, source=noise.source)]
        if any(each.level == noise.source for each in noise.levels):
            told.append(say("noise-source-level", source=noise.source))
    told.append(say("noise-deterministic") if noise.deterministic else say("noise-not-deterministic"))
    if isinstance(noise, Noise):
        told += [control(say, each, noise.levels) for each in noise.control]
    return told


def control(say: Texts, chance: Control, levels: Sequence[LevelNoise]) -> str:
    """How a level compares with noise of chance that is as strong."""
    (mean,) = [each.summary.mean_kld for each in levels if each.level == chance.level]
    verdict = "within" if chance.low <= mean <= chance.high else "less" if mean < chance.low else "more"
    return say(
        "noise-control",
        level=chance.level,
        seeds=chance.seeds,
        kld=short(chance.mean_kld),
        low=short(chance.low),
        high=short(chance.high),
        mean=short(mean),
        verdict=verdict,
    )


def footing(say: Texts, kept: StoredMeasurement, noise: Noise) -> str:
    """How the measurement was made, for who wants it again."""
    return say(
        "noise-footing",
        number=kept.id,
        model=noise.model,
        seed=str(noise.seed),
        seconds=f"{noise.seconds:.0f}",
        date=f"{kept.measurement.created_at:%Y-%m-%d %H:%M}",
    )


def level_text(say: Texts, noise: Noise, level: LevelNoise) -> str:
    """What a level writes, in Telegram's HTML; from where it differs from the reference, in bold."""
    head = say("noise-level-head", level=level.level, bits=f"{level.bits_per_weight:.1f}")
    if level.divergence_at is None:
        return f"<b>{_safe(head)}</b> {_safe(say('noise-level-same'))}\n\n{_safe(level.text)}"
    # Space belongs to what both wrote: Telegram takes none at the ends of bold.
    rest = level.text[level.divergence_at :].lstrip()
    common = level.text[: len(level.text) - len(rest)]
    bold = f"<b>{_safe(rest)}</b>" if rest else _safe(say("noise-level-ends"))
    return f"<b>{_safe(head)}</b>\n\n{_safe(common)}{_CUT}{bold}"


def reference_text(say: Texts, noise: Noise) -> str:
    """What the reference writes, in Telegram's HTML."""
    head = say("noise-reference-head", reference=noise.reference)
    return f"<b>{_safe(head)}</b>\n\n{_safe(noise.text)}"


def listed(say: Texts, known: Personas, runs: Sequence[tuple[StoredMeasurement, Noise]]) -> str:
    """A chat's measurements, the newest first."""
    lines = []
    for kept, noise in runs:
        worst = max(noise.levels, key=lambda each: each.summary.mean_kld)
        lines.append(
            say(
                "noise-listed-line",
                number=kept.id,
                heading=heading(say, known, kept),
                model=noise.model,
                seed=str(noise.seed),
                level=worst.level,
                kld=short(worst.summary.mean_kld),
            )
        )
    return "\n".join([say("noise-listed", count=len(runs)), *lines, say("noise-listed-how")])


def compared(
    say: Texts, known: Personas, one: tuple[StoredMeasurement, Noise], other: tuple[StoredMeasurement, Noise]
) -> str:
    """Two measurements side by side, in Telegram's HTML: the levels that both have."""
    (kept, noise), (kept_too, noise_too) = one, other
    theirs = {each.level: each for each in noise_too.levels}
    both = [(each, theirs[each.level]) for each in noise.levels if each.level in theirs]
    lines = [
        f"<b>{say('noise-compared')}</b>",
        *(
            _safe(
                say(
                    "noise-compared-line",
                    number=each.id,
                    heading=heading(say, known, each),
                    model=found.model,
                    seed=str(found.seed),
                    count=len(found.tokens),
                )
            )
            for each, found in (one, other)
        ),
    ]
    if not both:
        return "\n".join([*lines, _safe(say("noise-compared-nothing"))])
    head = (say("noise-column-level"), f"№{kept.id}", f"№{kept_too.id}", f"№{kept.id}", f"№{kept_too.id}")
    rows = [
        (
            a.level,
            short(a.summary.mean_kld),
            short(b.summary.mean_kld),
            f"{a.summary.same_top * 100:.0f}",
            f"{b.summary.same_top * 100:.0f}",
        )
        for a, b in both
    ]
    over = f"{'':<7} {say('noise-column-kld'):>13} {say('noise-column-top'):>11}"
    cells = [f"{a:<7} {b:>6} {c:>6} {d:>5} {e:>5}" for a, b, c, d, e in (head, *rows)]
    lines.append(f"<pre>{_safe(chr(10).join([over, *cells]))}</pre>")
    more = sum(b.summary.mean_kld > a.summary.mean_kld for a, b in both)
    lines.append(_safe(say("noise-compared-verdict", number=kept_too.id, more=more, count=len(both))))
    same = kept.stored.id == kept_too.stored.id and noise.text == noise_too.text
    lines.append(_safe(say("noise-compared-same-text" if same else "noise-compared-other-text")))
    return "\n".join(lines)


def short(value: float) -> str:
    """A KLD in few letters: two figures, and a power of ten where there are many zeros."""
    if value == 0:
        return "0"
    if value >= 0.001:
        return f"{float(f'{value:.2g}'):g}"
    mantissa, _, power = f"{value:.0e}".partition("e")
    return f"{mantissa}e{int(power)}"


def _safe(text: str) -> str:
    return html.escape(text, quote=False)
