// As an object file of pupil 99.0.0 would define it.
asm(".globl pupil_is_of_one_version_in_all_object_files\n"
    ".hidden pupil_is_of_one_version_in_all_object_files\n"
    ".set pupil_is_of_one_version_in_all_object_files, 990000");
