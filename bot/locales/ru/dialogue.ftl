# Диалоги двух сцен.

command-dialogue = диалог двух сцен
dialogue-needs-scenes = Напишите после команды две сцены и, если хотите, кто за них говорит, например: /dialogue SCN-1 SCN-2 поэт философ.
dialogue-same = Сцена не может говорить сама с собой: дайте ещё одну, кроме { $mnemonic }.
dialogue-why =
    { $code }: { $count ->
        [1] говорит
       *[other] говорят
    } { $persona }, реплика за репликой: { $atoms }.
dialogue-why-mask =
    Надета маска «{ $mask }»: сцена { $kind ->
        [bodily] телесная
        [logical] логическая
       *[archetypal] архетипическая
    }.
