# Personas: who speaks, masks, and a person's own files.

persona-how-join = /persona body+poet — a mask over a voice, or any of them together
persona-gone = The persona “{ $name }” of this chat is no more: choose another with /persona, or none with /persona off.
why-mask =
    the mask “{ $mask }” is on, because the scene is { $kind ->
        [bodily] bodily
        [logical] logical
       *[archetypal] archetypal
    }
personas-no-folder = The folder of your personas { $path } can't be read ({ $reason }): check HYPERBRIDGE_PERSONAS.
persona-file-wrong = The persona file { $path } can't be used ({ $reason }): mend it or take it out of the folder.
persona-name-taken = The persona file { $path } can't be used: “{ $name }” is another persona's name already; choose a different one.
doctor-personas = { $count } ({ $own } of your own)
doctor-no-adapter = The persona “{ $name }” can't speak: { $reason }
