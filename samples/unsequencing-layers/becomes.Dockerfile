FROM debian AS folder1
# dfrefactor: writes=/folder1
RUN lot_of_commands_1

FROM debian AS folder2
# dfrefactor: writes=/folder2
RUN lot_of_commands_2_independent_of_1

FROM debian AS folder3
# dfrefactor: writes=/folder3
RUN lot_of_commands_3_independent_of_1_and_2

FROM debian
COPY --from=folder1 /folder1 /folder1
COPY --from=folder2 /folder2 /folder2
COPY --from=folder3 /folder3 /folder3
