"""Archives as older versions of the program wrote them."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from storage.schema import migrations


def _names() -> list[str]:
    with Database(memory=True, execute_plugins=False) as db:
        return [migration.name for migration in migrations.pending(db)]


# Before the full-text indexes there was no version that anybody could have run.
OLDER = _names()[_names().index("create_word_indexes") + 1 :]


def older_archive(path: Path, until: str) -> None:
    """An archive as a program wrote it that knew no migration from ``until`` on."""
    with Database(path, execute_plugins=False) as db:
        migrations.apply(db, stop_before=until)
        db.execute("INSERT INTO owners VALUES (0, 3)")
        for number, word in enumerate(("снег", "огонь"), 2):  # 1 was forgotten
            row = (
                f"({number}, 0, {number}, x'{number:02x}', '{word}', '{word}', 'ru', 'bodily', '2026-01-01')"
            )
            db.execute(f"INSERT INTO scenes VALUES {row}")
            db.execute(f"INSERT INTO atoms VALUES ({number}, 0, '{word}', '{word}', 'ru', 'decay')")
            db.execute(f"INSERT INTO scene_words (rowid, words) VALUES ({number}, '{word}')")
            columns = (
                "scene_id, form, persona, lang, text, model, seed, resonance, coverage, candidates, seconds, "
                "created_at"
            )
            text = f"({number}, 'poem', '', 'ru', 'Текст {number}.', 'm', 7, 0.5, 1, 8, 1, '2026-01-01')"
            added = db.execute(f"INSERT INTO renderings ({columns}) VALUES {text}").lastrowid
            db.execute(f"INSERT INTO rendering_words (rowid, words) VALUES ({added}, 'текст {number}')")
            signature = {
                "owner": 0,
                "scene_id": number,
                "embedder": "test",
                "dimension": 2,
                "dtype": "float32",
            }
            signature["vector"] = bytes.fromhex("0000803f00000000")
            known = [name for name in db["signatures"].columns_dict if name in signature]
            db.execute(
                f"INSERT INTO signatures ({', '.join(known)}) VALUES ({', '.join('?' * len(known))})",
                [signature[name] for name in known],
            )
        db.conn.commit()
