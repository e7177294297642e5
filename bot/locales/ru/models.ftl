# Модели: что случилось и что с этим делать.

model-unknown = Модели «{ $name }» нет: укажите одну из { $known } или путь к файлу .gguf.
model-file-missing = Файла модели { $path } нет: проверьте путь или возьмите имя из «hyperbridge models list».
model-unreadable = Файл модели { $path } не читается ({ $reason }): проверьте права на него и диск.
model-not-gguf = { $path } — не модель в формате GGUF: укажите файл .gguf или имя из «hyperbridge models list».
model-missing = Модели { $name } ещё нет на этой машине (место для неё — { $path }): скачайте её командой «hyperbridge models pull { $name }».
model-corrupt = { $path } — не та модель { $name }, что опубликована: ожидался sha256 { $expected } ({ $expected_bytes } байт), найден { $found } ({ $found_bytes } байт); файл не использован: замените его командой «hyperbridge models pull { $name }».
model-disk-full = На диске с папкой { $path } мало места: нужно { NUMBER($needed) } ГБ, свободно { NUMBER($free) } ГБ; освободите место или укажите в HYPERBRIDGE_CACHE папку на другом диске.
model-cache-unwritable = Модель не удаётся сохранить в { $path } ({ $reason }): проверьте права на папку или укажите другую в HYPERBRIDGE_CACHE.
model-pull-failed = Ни один источник не отдал модель { $name } — { $reasons }: проверьте сеть и попробуйте снова (скачанное сохранено) или укажите путь к файлу .gguf.

source-unauthorized = Хранилище моделей не пускает к { $source } (HTTP { $status }): примите лицензию на странице модели и задайте свой токен в HF_TOKEN или выберите в «hyperbridge models list» модель, которой он не нужен.
source-not-found = В хранилище моделей нет { $file } в { $source }, версия { $revision } (HTTP 404): проверьте HF_ENDPOINT или выберите другую модель в «hyperbridge models list».
source-busy = Хранилище моделей всё время откладывает { $source } (HTTP { $status }): подождите несколько минут и повторите ту же команду, загрузка продолжится с того же места.
source-refused = Хранилище моделей не отдало { $source } (HTTP { $status }): проверьте HF_ENDPOINT и прокси и попробуйте снова.
source-unreachable = До { $source } не дозвониться ({ $reason }): проверьте сеть, прокси и HF_ENDPOINT и повторите ту же команду.
source-offline = { $source } не запрашивался, потому что HF_HUB_OFFLINE запрещает сеть: уберите эту переменную и попробуйте снова или укажите путь к файлу .gguf.
source-broken = Загрузка { $source } всё время обрывается ({ $reason }) на { $percent } %: повторите ту же команду, она продолжит с этого места.
source-wrong-bytes = { $source } прислал не ту модель: ожидался sha256 { $expected }, найден { $found }; присланное выброшено, годный файл не тронут: попробуйте снова, а если повторится, не доверяйте этому источнику или прокси перед ним.
source-wrong-size = У { $source } файл другого размера: ожидалось { $expected } байт, найдено { $found }; он не использован, годный файл не тронут: проверьте HF_ENDPOINT, прокси и зеркала и попробуйте снова.
source-part-broken = Пакет { $source } пришёл повреждённым ({ $reason }) и выброшен: повторите ту же команду, она продолжит с предыдущей части.
source-no-package = В реестре пакетов нет { $source } { $version } для этого Python: проверьте настройки индекса pip и попробуйте снова.
source-pip-failed = pip не смог скачать { $source } ({ $reason }): проверьте настройки pip и сеть и повторите ту же команду.
