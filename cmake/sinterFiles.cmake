# Defines sinter::files: sinter, and zlib where it is found, with which deflated entries of archives
# are read. Used by sinter's own build and by its installed package, since each machine has its own
# libraries.

if(NOT TARGET sinter::files)
  find_package(ZLIB QUIET)
  add_library(sinter::files INTERFACE IMPORTED GLOBAL)
  set_target_properties(sinter::files PROPERTIES INTERFACE_LINK_LIBRARIES sinter::sinter)
  if(ZLIB_FOUND)
    set_property(TARGET sinter::files APPEND PROPERTY INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
    set_property(TARGET sinter::files PROPERTY INTERFACE_COMPILE_DEFINITIONS SINTER_ZLIB)
  endif()
endif()
