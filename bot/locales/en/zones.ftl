# Scenes beside one another: alike, compared, in zones, on the map, and their versions.

command-similar = scenes like this one
command-zone = zones, or a scene's zone
command-compare = compare two scenes
command-map = a picture of your scenes
command-versions = all texts of a scene

similar-needs-scene = Write a scene or its code after the command, for example: /similar SCN-1 — or answer one of my texts with /similar.
similar-nothing = There is no other scene yet that { $mnemonic } could be held against.
similar-found = Nearest to { $mnemonic }:
similar-line = { $code } · { $mnemonic } · { $score } %
zone-not-kept = { $mnemonic } is not in the archive, so that it has no zone: send it first, or ask /similar { $mnemonic }.
zones-none =
    { $count ->
        [0] There are no scenes here yet.
        [one] One scene, and no zone yet: a zone takes two scenes that resonate.
       *[other] { $count } scenes, and no zone yet: a zone takes two that resonate.
    }
zones-found =
    { $count ->
        [one] One zone:
       *[other] { $count } zones:
    }
zone-line = { $sign } { $name } — { $count }: { $codes }
zone-of = { $code } lies in the zone { $name } ({ $count ->
        [one] one scene
       *[other] { $count } scenes
    }):
zone-lone = { $code } { $mnemonic } lies alone: no zone resonates with it yet.
zone-member = { $code } · { $mnemonic }
zones-lone =
    { $count ->
        [one] one scene lies alone
       *[other] { $count } scenes lie alone
    }
zones-more =
    { $count ->
        [one] and one more zone: /zone
       *[other] and { $count } more zones: /zone
    }
compare-needs-two = Write two scenes or codes after the command, for example: /compare SCN-1 SCN-2.
compare-resonance = { $a } and { $b }: resonance { $score } %.
compare-shared = Both have: { $atoms }.
compare-nothing-shared = They share no atom.
compare-only = Only { $name } has: { $atoms }.
compare-order-same = What they share comes in the same order.
compare-order-reversed = What they share comes in the reversed order.
compare-order-mixed = What they share comes in another order (correlation { $order }).
compare-picture = In the picture: atoms that mean alike lie near; a path begins at its hollow mark; { $a } is the unbroken line, { $b } the dashed one.
map-needs-scenes =
    { $count ->
        [0] There are no scenes for a map yet: it takes three.
        [one] One scene makes no map yet: it takes three.
       *[other] { $count } scenes make no map yet: it takes three.
    }
map-caption =
    { $count ->
       *[other] A map of { $count } scenes: those that resonate lie near.
    }
map-shown = { $shown } of them are drawn.
map-lone =
    { $count ->
        [one] alone: one scene
       *[other] alone: { $count } scenes
    }
map-more-zones =
    { $count ->
        [one] one smaller zone
       *[other] { $count } smaller zones
    }
map-done = { $path }: { $count } scenes, { $zones } zones.
picture-failed = { $path } can't be written ({ $reason }): choose another file.
versions-need-code = Write the scene's code, for example: /versions SCN-1 — or answer one of my texts with /versions.
versions-not-kept = { $mnemonic } is not in the archive, so that it has no texts: send it first.
versions-none = { $code } { $mnemonic } has no text yet: /scene { $code } voices it.
versions-found = { $code } { $mnemonic }, { $count ->
        [one] one version
       *[other] { $count } versions
    }:
versions-line = { $number }. { $form }{ $persona } · { $model } · seed { $seed } · resonance { $resonance } · { $date }
versions-older = Older ones: /versions { $code } and a number.
version-unknown = { $code } has no version { $number }: there are { $count }.
version-read = Version { $number } of { $count }
