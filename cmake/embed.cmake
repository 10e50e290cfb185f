# cmake -DNAME=identifier -DOUTPUT=file.c -DINPUTS="a;b" -P embed.cmake
#   Writes a C file that defines `const char NAME[]`: the bytes of the inputs, one after the other, and a terminator.
set(bytes "")
foreach(input ${INPUTS})
  file(READ ${input} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(APPEND bytes "${hex}")
endforeach()
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0};\n")
