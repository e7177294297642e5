# Лестница: одна модель на нескольких уровнях точности.

level-unknown = Уровня «{ $name }» нет: укажите один или несколько из { $known }.
ladder-cancelled = Сборка { $level } остановлена; от неё ничего не осталось, собранное раньше цело.
ladder-build-failed = { $level } не собирается из { $path } ({ $reason }): проверьте файл командой «hyperbridge models verify» или выберите другой уровень.
ladder-over-budget = Уровню нужно { NUMBER($needed) } ГБ, но из { NUMBER($budget) } ГБ, отведённых лестнице, можно освободить только { NUMBER($free) } ГБ: увеличьте HYPERBRIDGE_LADDER_GB или выберите уровни, где меньше бит.

ladder-dequantized = Уровни сравниваются с { $reference }: это веса опубликованного файла { $source }, деквантованные.
ladder-real = Уровни сравниваются с самим опубликованным файлом: { $reference }, он не квантован.
ladder-used = Занято { NUMBER($used) } из { NUMBER($budget) } ГБ в { $folder }.
ladder-cleared = Освобождено { NUMBER($freed) } ГБ.
