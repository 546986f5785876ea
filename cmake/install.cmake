# What `cmake --install` puts in place beside the two programs, each in its standard folder.
install(FILES docs/sweepjob.1 docs/sweepjob-attempt.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

file(GLOB sweepjob_documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
install(FILES ${sweepjob_documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(FILES runner/app/completions/sweepjob.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME sweepjob)
install(FILES runner/app/completions/_sweepjob
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES runner/app/completions/sweepjob.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(DIRECTORY manifests/examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/sweepjob/examples
        PATTERN __pycache__ EXCLUDE)
