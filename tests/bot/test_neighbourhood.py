"""Zones, comparison and map of a real archive, with real signatures, and their pictures."""

from __future__ import annotations

import io
import warnings
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio
from PIL import Image

from bot import kinship
from bot.bridge import Bridge
from bot.neighbourhood import Neighbourhood, ZoneView
from bot.pictures import map as map_picture
from bot.pictures import trajectories
from bot.pictures.canvas import WIDTH
from bot.settings import Settings
from bot.split import size
from bot.texts import texts
from models.embedder import Embedder
from scene.atoms import Lang
from scene.errors import SceneError
from scene.parse import parse
from storage.archive import Archive

SEA = [
    "море·волна·берег",
    "волна·соль·прилив",
    "sea·wave·shore",
    "🌊⛵🏝",
    "парус·море·шторм",
    "лодка·волна·море",
]
FIRE = [
    "огонь·пламя·искра",
    "костёр·дым·огонь",
    "fire·flame·spark",
    "🔥🕯💥",
    "пожар·огонь·жар",
    "свеча·пламя·жар",
]
NUMBER = ["число·предел·функция", "формула·аксиома·число", "number·limit·function", "угол·сумма·вектор"]
LONE = ["бабушка·велосипед", "налог·жираф"]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bridge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    db = tmp_path_factory.mktemp("zones") / "archive.db"
    bridge = Bridge(Settings(_env_file=None).model_copy(update={"db": db}))  # type: ignore[call-arg]
    yield bridge
    await bridge.close()


_owners = count(1)


@pytest.fixture
def me() -> int:
    """An owner without scenes."""
    return next(_owners)


def keep(archive: Archive, embedder: Embedder, owner: int, scenes: list[str]) -> None:
    for text in scenes:
        scene = parse(text)
        archive.keep(owner, scene, embedder.scene(scene), embedder.name)


def contents(views: list[ZoneView]) -> dict[int, set[str]]:
    return {view.zone.number: {stored.scene.source for stored in view.scenes} for view in views}


async def test_zones_are_found_named_and_kept(bridge: Bridge, embedder: Embedder, me: int) -> None:
    keep(bridge.archive, embedder, me, [*SEA, *FIRE, *NUMBER, *LONE])
    nearby = Neighbourhood(bridge)
    views, zoning = await nearby.zones(me)
    found = contents(views)
    sea, fire = (next(n for n, of in found.items() if len(of & set(theme)) > 2) for theme in (SEA, FIRE))
    assert sea != fire
    assert found[sea] <= set(SEA)
    assert found[fire] <= set(FIRE)
    assert not set(LONE) & set().union(*found.values())
    names = {view.zone.number: view.zone.name for view in views}
    assert names[sea] is not None
    assert names[sea].ru.startswith(("🌊", "⛵", "🏝"))
    # Looking changes nothing.
    again, same = await nearby.zones(me)
    assert contents(again) == found
    assert same.places == zoning.places
    listed = kinship.listed(texts(Lang.RU), views, len(zoning.places), 2)
    assert names[sea].ru in listed
    assert (await nearby.zones(-me))[0] == []


async def test_zones_go_on_while_scenes_come_and_go(bridge: Bridge, embedder: Embedder, me: int) -> None:
    nearby = Neighbourhood(bridge)
    keep(bridge.archive, embedder, me, [*SEA, *FIRE, *NUMBER])
    before, zoning = await nearby.zones(me)
    names = {view.zone.number: view.zone.name for view in before}
    numbers = contents(before)
    sea = next(n for n, of in numbers.items() if len(of & set(SEA)) > 2)

    # One of sixteen is put in at once, and moves nobody.
    keep(bridge.archive, embedder, me, ["море·волна·соль"])
    views, placed = await nearby.zones(me)
    assert "море·волна·соль" in contents(views)[sea]
    assert placed.clustered == zoning.clustered
    assert all((placed.places[i].x, placed.places[i].y) == (at.x, at.y) for i, at in zoning.places.items())

    # Enough come to look for zones anew: those that were there keep their number and name.
    keep(
        bridge.archive,
        embedder,
        me,
        ["корабль·море·волна", "остров·море·прилив", "пламя·искра·костёр", *LONE],
    )
    views, found = await nearby.zones(me)
    assert found.clustered == len(found.places) == 22
    for number, of in contents(views).items():
        if number in numbers:
            assert of & numbers[number]
    assert {view.zone.number: view.zone.name for view in views}[sea] == names[sea]

    # Of a forgotten scene no name keeps anything.
    hidden = bridge.archive.by_mnemonic(me, parse("лодка·волна·море").mnemonic)
    assert hidden is not None
    bridge.archive.forget(me, hidden.number)
    views, left = await nearby.zones(me)
    assert hidden.id not in left.places
    assert all(view.zone.name and "лодка" not in view.zone.name.ru for view in views)
    assert sea in contents(views)


async def test_a_scenes_zone_and_its_likes(bridge: Bridge, embedder: Embedder, me: int) -> None:
    keep(bridge.archive, embedder, me, [*SEA, *FIRE, *NUMBER, *LONE])
    nearby = Neighbourhood(bridge)
    stored, view = await nearby.zone_of(me, "SCN-1")
    assert view is not None
    assert stored.scene.source in {each.scene.source for each in view.scenes}
    assert "SCN-1" in kinship.inside(texts(Lang.EN), stored.code, view)
    lone, none = await nearby.zone_of(me, LONE[0])
    assert (lone.scene.source, none) == (LONE[0], None)
    with pytest.raises(SceneError, match="zone-not-kept"):
        await nearby.zone_of(me, "снегволк")
    scene, hits = await nearby.similar(me, "море·волна·берег", 3)
    assert scene.source not in {hit.stored.scene.source for hit in hits}
    assert {hit.stored.scene.source for hit in hits} <= set(SEA)
    # A scene that is not kept has likes too, and is not kept by asking.
    _, hits = await nearby.similar(me, "flamespark", 2)
    assert {hit.stored.scene.source for hit in hits} <= set(FIRE)
    assert bridge.archive.count(me) == 18


@pytest.mark.parametrize("scenes", [[], SEA[:2]])
async def test_a_map_takes_three_scenes(
    bridge: Bridge, embedder: Embedder, me: int, scenes: list[str]
) -> None:
    keep(bridge.archive, embedder, me, scenes)
    with pytest.raises(SceneError, match="map-needs-scenes"):
        await Neighbourhood(bridge).map(me)


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
@pytest.mark.parametrize(
    "scenes", [[*SEA, *FIRE, *NUMBER, *LONE], SEA[:3], [*LONE, "🦒🚲🧾"], ["⚡🌫🫁", "🪶⚡🌱🤫", "🐺"]]
)
async def test_a_map_is_drawn(
    bridge: Bridge, embedder: Embedder, me: int, scenes: list[str], lang: Lang
) -> None:
    keep(bridge.archive, embedder, me, scenes)
    view = await Neighbourhood(bridge).map(me)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning of matplotlib
        png = map_picture.draw_map(view, texts(lang))
    assert size_of(png) == (WIDTH, map_picture.HEIGHT)
    assert png == map_picture.draw_map(await Neighbourhood(bridge).map(me), texts(lang))
    caption = kinship.under_map(texts(lang), view)
    assert size(caption) <= kinship.CAPTION
    assert str(len(scenes)) in caption
    assert all(each.zone.name and each.zone.name.of(lang) in caption for each in view.zones)


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("пепелвспышкажизньтишина", "ashflashlifesilence"),
        ("⚡🌫🫁", "🪶⚡🌱🤫"),
        ("снег", "снег"),
        ("снег", "волк"),
        ("🧑🏽‍🚀👨‍👩‍👧🇯🇵7️⃣", "шаг·шаг·шаг"),
        ("·".join("слово дом река гора свет тень путь хлеб соль вода огонь лес".split()), "дом"),
    ],
)
async def test_two_paths_are_drawn(bridge: Bridge, me: int, a: str, b: str, lang: Lang) -> None:
    compared = await Neighbourhood(bridge).compare(me, a, b)
    assert 0.0 <= compared.resonance <= 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = trajectories.draw_trajectories(compared, texts(lang))
    assert size_of(png) == (WIDTH, trajectories.HEIGHT)
    caption = kinship.under_comparison(texts(lang), compared)
    assert size(caption) <= kinship.CAPTION
    assert all(
        atom.text in kinship.compared(texts(lang), compared)
        for atom in (*compared.a.atoms, *compared.b.atoms)
    )


def size_of(png: bytes) -> tuple[int, int]:
    """Decode a picture that shows something."""
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(maxcolors=2**24) or []) > 20
        return image.size


async def test_a_caption_takes_no_more_zones_than_fit(bridge: Bridge, embedder: Embedder, me: int) -> None:
    keep(bridge.archive, embedder, me, [*SEA, *FIRE, *NUMBER])
    view = await Neighbourhood(bridge).map(me)
    many = type(view)(view.dots, view.zones * 60, view.total, view.lone)
    caption = kinship.under_map(texts(Lang.RU), many)
    assert size(caption) <= kinship.CAPTION
    assert "/zone" in caption
