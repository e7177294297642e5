# Персоны: кто говорит, маски и собственные файлы человека.

persona-how-join = /persona тело+поэт — маска поверх голоса или любые из них вместе
persona-gone = Персоны «{ $name }», которая говорила в этом чате, больше нет: выберите другую командой /persona или никого — /persona off.
why-mask =
    надета маска «{ $mask }»: сцена { $kind ->
        [bodily] телесная
        [logical] логическая
       *[archetypal] архетипическая
    }
personas-no-folder = Папка ваших персон { $path } не читается ({ $reason }): проверьте HYPERBRIDGE_PERSONAS.
persona-file-wrong = Файл персон { $path } не годится ({ $reason }): поправьте его или уберите из папки.
persona-name-taken = Файл персон { $path } не годится: имя «{ $name }» уже занято другой персоной, выберите иное.
doctor-personas = { $count } (своих: { $own })
doctor-no-adapter = Персона «{ $name }» не сможет говорить: { $reason }
