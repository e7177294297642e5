"""The archive's tables, as migrations that are applied once each, in this order.

A migration that has shipped is never edited: a change to the tables is a new function at the end.

What belongs to a scene has a foreign key to it with ``ON DELETE CASCADE``; what belongs to an owner has a
column ``owner``. ``storage.forgetting`` empties both without knowing the tables.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from storage import said, texts

migrations = Migrations("hyperbridge")


@migrations()
def create_scenes(db: Database) -> None:
    """Scenes with their atoms, numbered separately for each owner.

    ``owners.last_number`` outlives its scenes, so that the code of a forgotten scene never comes to
    mean another one. ``scenes.identity`` is a hash of the chain of atoms: the same chain is the same scene.
    """
    db.executescript(
        """
        CREATE TABLE owners (
            owner INTEGER PRIMARY KEY,
            last_number INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE scenes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            owner INTEGER NOT NULL REFERENCES owners (owner),
            number INTEGER NOT NULL,
            identity BLOB NOT NULL,
            source TEXT NOT NULL,
            mnemonic TEXT NOT NULL,
            lang TEXT NOT NULL,
            kind TEXT NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (owner, number),
            UNIQUE (owner, identity)
        ) STRICT;
        CREATE INDEX scenes_by_mnemonic ON scenes (owner, mnemonic);
        CREATE TABLE atoms (
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            lemma TEXT NOT NULL,
            lang TEXT NOT NULL,
            phase TEXT NOT NULL,
            PRIMARY KEY (scene_id, position)
        ) STRICT, WITHOUT ROWID;
        """
    )


@migrations()
def create_renderings(db: Database) -> None:
    """Every text written for a scene; a later one is a new version and replaces nothing."""
    db.executescript(
        """
        CREATE TABLE renderings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            form TEXT NOT NULL,
            persona TEXT NOT NULL,
            lang TEXT NOT NULL,
            text TEXT NOT NULL,
            model TEXT NOT NULL,
            seed INTEGER NOT NULL,
            resonance REAL,
            coverage REAL,
            candidates INTEGER NOT NULL,
            seconds REAL NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX renderings_by_scene ON renderings (scene_id);
        """
    )


@migrations()
def create_signatures(db: Database) -> None:
    """One vector for each scene and embedder, so that embedders can be changed and compared."""
    db.executescript(
        """
        CREATE TABLE signatures (
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            embedder TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            dtype TEXT NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (scene_id, embedder)
        ) STRICT;
        """
    )


@migrations()
def create_word_indexes(db: Database) -> None:
    """Full-text indexes of folded words (see ``storage.words``); a rowid is the id of what it indexes.

    They keep their own copy of the words: an index over another table's columns must be told the exact
    old text when a row goes, and here that text is folded in Python. Triggers empty them, because a
    cascade reaches no virtual table.
    """
    db.executescript(
        """
        CREATE VIRTUAL TABLE scene_words USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
        CREATE VIRTUAL TABLE rendering_words USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
        CREATE TRIGGER scenes_forget_words AFTER DELETE ON scenes BEGIN
            DELETE FROM scene_words WHERE rowid = old.id;
        END;
        CREATE TRIGGER renderings_forget_words AFTER DELETE ON renderings BEGIN
            DELETE FROM rendering_words WHERE rowid = old.id;
        END;
        """
    )


@migrations()
def add_reasons(db: Database) -> None:
    """Who chose a rendering's form, and why (``scene.choice``); NULL for older texts."""
    db.executescript(
        """
        ALTER TABLE renderings ADD COLUMN chosen_by TEXT;
        ALTER TABLE renderings ADD COLUMN reason TEXT;
        """
    )


@migrations()
def create_own_words(db: Database) -> None:
    """Words that a person taught, in lower case; ``storage.own_words`` keeps them distinct up to ``ё``."""
    db.executescript(
        """
        CREATE TABLE own_words (
            owner INTEGER NOT NULL,
            word TEXT NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (owner, word)
        ) STRICT, WITHOUT ROWID;
        """
    )


@migrations()
def create_preferences(db: Database) -> None:
    """What a chat has set for itself."""
    db.executescript(
        """
        CREATE TABLE preferences (
            owner INTEGER PRIMARY KEY,
            persona TEXT NOT NULL
        ) STRICT;
        """
    )


@migrations()
def create_shares(db: Database) -> None:
    """Links to scenes, of which only hashes are kept (``storage.shares``)."""
    db.executescript(
        """
        CREATE TABLE shares (
            token_hash BLOB PRIMARY KEY,
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX shares_by_scene ON shares (scene_id);
        """
    )


@migrations()
def create_unwiped(db: Database) -> None:
    """A row for each time that something was forgotten and its bytes are still to be wiped."""
    db.executescript("CREATE TABLE unwiped (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT")


@migrations()
def add_marks_to_preferences(db: Database) -> None:
    """How plainly a chat's texts are marked (``scene.mark.Strength``); NULL for as the settings say."""
    db.executescript("ALTER TABLE preferences ADD COLUMN mark TEXT;")


@migrations()
def create_dialogues(db: Database) -> None:
    """What two scenes said in turn; it goes with either. Replicas at even positions are the first one's."""
    db.executescript(
        """
        CREATE TABLE dialogues (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            first_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            second_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            first_persona TEXT NOT NULL,
            first_mask TEXT NOT NULL,
            second_persona TEXT NOT NULL,
            second_mask TEXT NOT NULL,
            lang TEXT NOT NULL,
            model TEXT NOT NULL,
            seed INTEGER NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX dialogues_by_first ON dialogues (first_id);
        CREATE INDEX dialogues_by_second ON dialogues (second_id);
        CREATE TABLE replicas (
            dialogue_id INTEGER NOT NULL REFERENCES dialogues (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (dialogue_id, position)
        ) STRICT, WITHOUT ROWID;
        """
    )


@migrations()
def number_signatures(db: Database) -> None:
    """Give every signature a number that is never given again, and a stamp drawn at random.

    A changed signature is a new row, so that an index of signatures knows by the numbers what it lacks; the
    sum of the stamps says whether the rows that it has are those of this very file, and not of a copy with
    another history. The owner stands here too, because an index is one owner's.
    """
    db.executescript(
        """
        CREATE TABLE numbered_signatures (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            stamp INTEGER NOT NULL DEFAULT (random() & 0xffffffff),
            owner INTEGER NOT NULL,
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            embedder TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            dtype TEXT NOT NULL,
            vector BLOB NOT NULL,
            UNIQUE (scene_id, embedder)
        ) STRICT;
        INSERT INTO numbered_signatures (owner, scene_id, embedder, dimension, dtype, vector)
            SELECT owner, scene_id, embedder, dimension, dtype, vector
            FROM signatures JOIN scenes ON scenes.id = scene_id ORDER BY scene_id, embedder;
        DROP TABLE signatures;
        ALTER TABLE numbered_signatures RENAME TO signatures;
        CREATE INDEX signatures_by_owner ON signatures (owner, embedder, dimension, id, stamp);
        """
    )


@migrations()
def create_zones(db: Database) -> None:
    """Neighbourhoods of scenes by an embedder's signatures, and each scene's place on the map.

    All of it can be found again from the signatures but the numbers and names that people know zones by. A
    zone's name and centre hold something of each of its scenes, so that both go when one of them goes.
    """
    db.executescript(
        """
        CREATE TABLE zonings (
            owner INTEGER NOT NULL,
            embedder TEXT NOT NULL,
            last_number INTEGER NOT NULL,
            clustered INTEGER NOT NULL,
            laid INTEGER NOT NULL,
            PRIMARY KEY (owner, embedder)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE zones (
            owner INTEGER NOT NULL,
            embedder TEXT NOT NULL,
            number INTEGER NOT NULL,
            name_ru TEXT NOT NULL,
            name_en TEXT NOT NULL,
            rests_on TEXT NOT NULL,
            centre BLOB NOT NULL,
            reach REAL NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (owner, embedder, number)
        ) STRICT;
        CREATE TABLE zone_places (
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            embedder TEXT NOT NULL,
            zone INTEGER,
            clustered INTEGER NOT NULL,
            x REAL NOT NULL,
            y REAL NOT NULL,
            PRIMARY KEY (scene_id, embedder)
        ) STRICT;
        CREATE TRIGGER scenes_forget_zones BEFORE DELETE ON scenes BEGIN
            UPDATE zones SET name_ru = '', name_en = '', rests_on = '[]', centre = zeroblob(0)
            WHERE owner = old.owner AND (embedder, number) IN (
                SELECT embedder, zone FROM zone_places WHERE scene_id = old.id
            );
        END;
        """
    )


@migrations()
def create_text_indexes(db: Database) -> None:
    """What a text is found again by (see ``storage.texts``), for the texts that are there already as well."""
    db.executescript(
        """
        CREATE TABLE rendering_keys (
            rendering_id INTEGER PRIMARY KEY REFERENCES renderings (id) ON DELETE CASCADE,
            key BLOB NOT NULL
        ) STRICT;
        CREATE INDEX rendering_keys_by_key ON rendering_keys (key);
        CREATE VIRTUAL TABLE rendering_trigrams USING fts5 (skeleton, tokenize = 'trigram');
        CREATE VIRTUAL TABLE rendering_trigram_counts USING fts5vocab (rendering_trigrams, 'row');
        CREATE TRIGGER renderings_forget_trigrams AFTER DELETE ON renderings BEGIN
            DELETE FROM rendering_trigrams WHERE rowid = old.id;
        END;
        """
    )
    for rendering_id, text in db.execute("SELECT id, text FROM renderings").fetchall():
        texts.add(db, rendering_id, text)


@migrations()
def add_forms_and_languages_to_preferences(db: Database) -> None:
    """The form of scenes that name none, and the language that a chat is spoken to in; NULL for neither."""
    db.executescript(
        """
        ALTER TABLE preferences ADD COLUMN form TEXT;
        ALTER TABLE preferences ADD COLUMN lang TEXT;
        """
    )


@migrations()
def create_answers(db: Database) -> None:
    """Which message of a chat was answered by which (``storage.answers``)."""
    db.executescript(
        """
        CREATE TABLE answers (
            owner INTEGER NOT NULL,
            message INTEGER NOT NULL,
            answer INTEGER NOT NULL,
            PRIMARY KEY (owner, message)
        ) STRICT, WITHOUT ROWID;
        """
    )


@migrations()
def create_jobs(db: Database) -> None:
    """What is still to be done for people, and who they are (``storage.jobs``, ``storage.people``).

    ``updates_seen`` outlives the jobs, so that an update that comes again is known; it says nothing about
    anybody. A job's other rows go with it, and it goes with its owner. ``usage`` has no column ``owner`` on
    purpose: who forgets everything has used up the day's budget all the same.
    """
    db.executescript(
        """
        CREATE TABLE updates_seen (
            bot INTEGER NOT NULL,
            update_id INTEGER NOT NULL,
            day TEXT NOT NULL,
            PRIMARY KEY (bot, update_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            bot INTEGER NOT NULL,
            owner INTEGER NOT NULL,
            body TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            aside INTEGER NOT NULL DEFAULT 0,
            accepted_at REAL NOT NULL
        ) STRICT;
        CREATE INDEX jobs_by_owner ON jobs (owner);
        CREATE TABLE job_sends (
            job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            after INTEGER NOT NULL,
            result TEXT,
            PRIMARY KEY (job_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE job_texts (
            job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            rendering_id INTEGER NOT NULL REFERENCES renderings (id) ON DELETE CASCADE,
            written TEXT NOT NULL,
            PRIMARY KEY (job_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX job_texts_by_rendering ON job_texts (rendering_id);
        CREATE TABLE usage (
            day TEXT NOT NULL,
            who INTEGER NOT NULL,
            scenes INTEGER NOT NULL,
            PRIMARY KEY (day, who)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE invites (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            token_hash BLOB NOT NULL UNIQUE,
            uses_left INTEGER NOT NULL,
            made_by INTEGER NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE people (
            person INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            invite_id INTEGER NOT NULL,
            since TEXT NOT NULL
        ) STRICT;
        """
    )


@migrations()
def create_noise_runs(db: Database) -> None:
    """What precision did to a scene's text; ``found`` is a JSON object of the measurement's own."""
    db.executescript(
        """
        CREATE TABLE noise_runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            form TEXT NOT NULL,
            persona TEXT NOT NULL,
            lang TEXT NOT NULL,
            found TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX noise_runs_by_scene ON noise_runs (scene_id);
        """
    )


@migrations()
def find_dialogues_by_their_words(db: Database) -> None:
    """What a dialogue and each of its replicas are found again by (see ``storage.said``)."""
    db.executescript(
        """
        CREATE TABLE dialogue_keys (
            dialogue_id INTEGER NOT NULL REFERENCES dialogues (id) ON DELETE CASCADE,
            scene_id INTEGER NOT NULL REFERENCES scenes (id) ON DELETE CASCADE,
            key BLOB NOT NULL
        ) STRICT;
        CREATE INDEX dialogue_keys_by_key ON dialogue_keys (key);
        CREATE INDEX dialogue_keys_by_dialogue ON dialogue_keys (dialogue_id);
        CREATE INDEX dialogue_keys_by_scene ON dialogue_keys (scene_id);
        """
    )
    for dialogue_id, first, second in db.execute(
        "SELECT id, first_id, second_id FROM dialogues ORDER BY id"
    ).fetchall():
        replicas = db.execute(
            "SELECT text FROM replicas WHERE dialogue_id = ? ORDER BY position", [dialogue_id]
        ).fetchall()
        said.index(db, dialogue_id, (first, second), [text for (text,) in replicas])


@migrations()
def create_moves(db: Database) -> None:
    """Which chat has which id by now (``storage.moving``); it is forgotten with all that is the chat's."""
    db.executescript(
        """
        CREATE TABLE moves (
            old INTEGER PRIMARY KEY,
            owner INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX moves_by_owner ON moves (owner);
        """
    )
