# Defines sinter::algorithms where Thrust is found: sinter, and where Thrust lies. Used by sinter's
# own build and by its installed package, since each machine has Thrust at a place of its own: in a
# CUDA toolkit (13: include/cccl), or by itself (Debian: libthrust-dev).

if(NOT TARGET sinter::algorithms)
  find_path(SINTER_THRUST_INCLUDE_DIR thrust/version.h
    HINTS ENV CUDA_PATH ENV CUDA_HOME
    PATHS /usr/local/cuda /opt/cuda
    PATH_SUFFIXES include/cccl include)
  mark_as_advanced(SINTER_THRUST_INCLUDE_DIR)
  set(SINTER_THRUST_VERSION 0)
  if(SINTER_THRUST_INCLUDE_DIR)
    file(STRINGS ${SINTER_THRUST_INCLUDE_DIR}/thrust/version.h version_line
      REGEX "^#define THRUST_VERSION +[0-9]+")
    if(version_line MATCHES "([0-9]+)")
      set(SINTER_THRUST_VERSION ${CMAKE_MATCH_1})
    endif()
  endif()
  # 1.17 is the oldest that was tried.
  if(SINTER_THRUST_VERSION GREATER_EQUAL 101700)
    add_library(sinter::algorithms INTERFACE IMPORTED GLOBAL)
    # Imported targets' directories are the system's: no warnings of ours apply there.
    set_target_properties(sinter::algorithms PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES ${SINTER_THRUST_INCLUDE_DIR}
      INTERFACE_LINK_LIBRARIES sinter::sinter)
  endif()
endif()
