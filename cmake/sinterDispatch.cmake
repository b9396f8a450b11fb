# sinter_dispatch(<target> <source>...): kernels of these sources for several instruction sets in one
# program, chosen when it runs (include/sinter/target/cpu/levels.hpp).
#
# Each source is compiled as part of the target, for the processor that the target is compiled for,
# and again for x86-64-v3 (AVX2), x86-64-v4 (AVX-512), that with bf16, and that with AMX. The copies
# keep their names to themselves, so that nothing but their kernels is ever called: the rest of the
# program stays what the oldest processor can run. A source that is dispatched should have no static objects
# whose initialisation does something, since each copy has its own. Archives leave out objects that
# nobody names: call it for programs and shared libraries, after what the target is compiled with
# has been said. Not with link-time optimisation.
#
# Where the processor is not x86-64, or the linker and objcopy of binutils are missing, the target is
# built as it would be without.

function(sinter_dispatch target)
  find_program(SINTER_LD NAMES ld.bfd ld)
  find_program(SINTER_OBJCOPY NAMES objcopy)
  mark_as_advanced(SINTER_LD SINTER_OBJCOPY)
  set(binutils NO)
  if(SINTER_LD AND SINTER_OBJCOPY)
    execute_process(COMMAND ${SINTER_LD} --help OUTPUT_VARIABLE help ERROR_QUIET)
    if(help MATCHES "--force-group-allocation")
      set(binutils YES)
    endif()
  endif()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux"
      OR NOT binutils)
    message(STATUS "sinter_dispatch: ${target} has kernels for one instruction set, as dispatching "
      "needs Linux on x86-64 and binutils")
    return()
  endif()
  set(options_1 -march=x86-64-v3)
  set(options_2 -march=x86-64-v4)
  set(options_3 -march=x86-64-v4 -mavx512bf16)
  set(options_4 ${options_3} -mamx-tile -mamx-bf16 -mamx-int8)
  # Copies are numbered over all calls for a target.
  get_target_property(number ${target} SINTER_DISPATCHED)
  if(NOT number)
    set(number 0)
  endif()
  get_target_property(type ${target} TYPE)
  foreach(source IN LISTS ARGN)
    math(EXPR number "${number} + 1")
    set_property(TARGET ${target} PROPERTY SINTER_DISPATCHED ${number})
    foreach(level 1 2 3 4)
      set(copy ${target}_${number}_level${level})
      add_library(${copy} OBJECT ${source})
      foreach(property COMPILE_FEATURES COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
        set_property(TARGET ${copy} PROPERTY ${property} $<TARGET_PROPERTY:${target},${property}>)
      endforeach()
      foreach(property CXX_STANDARD CXX_STANDARD_REQUIRED CXX_EXTENSIONS COMPILE_FLAGS
          POSITION_INDEPENDENT_CODE CXX_VISIBILITY_PRESET VISIBILITY_INLINES_HIDDEN)
        get_target_property(value ${target} ${property})
        if(NOT value MATCHES "-NOTFOUND$")
          set_property(TARGET ${copy} PROPERTY ${property} ${value})
        endif()
      endforeach()
      if(type MATCHES "SHARED|MODULE")
        set_property(TARGET ${copy} PROPERTY POSITION_INDEPENDENT_CODE ON)
      endif()
      set_property(TARGET ${copy} PROPERTY LINK_LIBRARIES
        $<TARGET_PROPERTY:${target},LINK_LIBRARIES>)
      # The last option counts, so those of the target stand first.
      target_compile_options(${copy} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_OPTIONS>
        ${options_${level}} -USINTER_LEVEL -DSINTER_LEVEL=${level}
        $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
      set(object ${CMAKE_CURRENT_BINARY_DIR}/${copy}.o)
      add_custom_command(OUTPUT ${object}
        COMMAND ${SINTER_LD} -r --force-group-allocation $<TARGET_OBJECTS:${copy}>
          -o ${object}.whole
        COMMAND ${SINTER_OBJCOPY} --wildcard --keep-global-symbol=*kernel_levels*
          --keep-global-symbol=*chosen_threads* --keep-global-symbol=*thread_pool6insideEvE*
          --keep-global-symbol=*thread_pool8instanceEvE* ${object}.whole ${object}
        COMMAND ${CMAKE_COMMAND} -E rm ${object}.whole
        DEPENDS ${copy} $<TARGET_OBJECTS:${copy}> VERBATIM
        COMMENT "Kernels of ${source}, level ${level}")
      set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
      target_sources(${target} PRIVATE ${object})
    endforeach()
  endforeach()
  target_compile_options(${target} PRIVATE -DSINTER_LEVEL=0)
endfunction()
