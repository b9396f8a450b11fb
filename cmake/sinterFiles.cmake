# Defines sinter::files: sinter, with zlib and libpng where they are found: deflated entries of
# archives, and PNG. Used by sinter's own build and by its installed package, since each machine has
# libraries of its own.

if(NOT TARGET sinter::files)
  find_package(ZLIB QUIET)
  add_library(sinter::files INTERFACE IMPORTED GLOBAL)
  set_target_properties(sinter::files PROPERTIES INTERFACE_LINK_LIBRARIES sinter::sinter)
  if(ZLIB_FOUND)
    set_property(TARGET sinter::files APPEND PROPERTY INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
    set_property(TARGET sinter::files PROPERTY INTERFACE_COMPILE_DEFINITIONS SINTER_ZLIB)
  endif()
  find_package(PNG QUIET)
  if(PNG_FOUND)
    set_property(TARGET sinter::files APPEND PROPERTY INTERFACE_LINK_LIBRARIES PNG::PNG)
    set_property(TARGET sinter::files APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS SINTER_PNG)
  endif()
endif()
