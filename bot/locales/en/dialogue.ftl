# Dialogues of two scenes.

command-dialogue = two scenes talk
dialogue-needs-scenes = Write two scenes after the command, and who speaks for each if you like, for example: /dialogue SCN-1 SCN-2 poet philosopher.
dialogue-same = A scene can't talk with itself: give another one beside { $mnemonic }.
dialogue-why =
    { $code }: the { $persona } { $count ->
        [one] speaks
       *[other] speak
    }, replica by replica: { $atoms }.
dialogue-why-mask =
    The mask “{ $mask }” is on, because the scene is { $kind ->
        [bodily] bodily
        [logical] logical
       *[archetypal] archetypal
    }.
