      * Writes sales.dat, and on its output what it thinks is in it.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. SALES.
       ENVIRONMENT DIVISION.
       INPUT-OUTPUT SECTION.
       FILE-CONTROL.
           SELECT SALES-FILE ASSIGN TO "sales.dat"
               ORGANIZATION IS SEQUENTIAL.
       DATA DIVISION.
       FILE SECTION.
       FD  SALES-FILE.
       COPY "SALES.cpy".
       WORKING-STORAGE SECTION.
       01  I                    PIC 9(4) COMP-5.
       01  J                    PIC 9(4) COMP-5.
       01  SEED                 PIC 9(10) COMP-5 VALUE 20260105.
       01  V                    PIC S9(18).
       01  D                    PIC S9(16)V99.
       01  E-WHOLE              PIC -(18)9.
       01  E-POINT              PIC -(16)9.99.
       PROCEDURE DIVISION.
       MAIN-PART.
           OPEN OUTPUT SALES-FILE.
           PERFORM VARYING I FROM 1 BY 1 UNTIL I > 300
               PERFORM NEXT-VALUE
               PERFORM ONE-RECORD
           END-PERFORM.
           CLOSE SALES-FILE.
           STOP RUN.
       NEXT-VALUE.
           COMPUTE SEED = FUNCTION MOD(SEED * 16807, 2147483647).
           EVALUATE I
               WHEN 1 MOVE 0 TO V
               WHEN 2 MOVE 999999999999999999 TO V
               WHEN 3 MOVE -999999999999999999 TO V
               WHEN 4 MOVE 1 TO V
               WHEN 5 MOVE -1 TO V
               WHEN OTHER
                   COMPUTE V = SEED * 402653189
                   IF FUNCTION MOD(SEED, 2) = 1
                       COMPUTE V = 0 - V
                   END-IF
           END-EVALUATE.
           COMPUTE D = V / 100.
       ONE-RECORD.
           MOVE SPACES TO SALES-REC.
           MOVE "ITEM" TO ITEM.
           MOVE V TO Z-PLAIN Z-SIGNED Z-LEADING Z-TRAILING P-PLAIN
               P-LONG B-HALF B-DOUBLE B-PLAIN N-FULL N-PLAIN.
           MOVE D TO Z-POINT P-SIGNED B-FULL.
           PERFORM VARYING J FROM 1 BY 1 UNTIL J > 3
               COMPUTE QTY(J) = FUNCTION MOD(SEED, 999) - 333 * J
           END-PERFORM.
           WRITE SALES-REC.
           DISPLAY ITEM WITH NO ADVANCING.
           MOVE Z-PLAIN TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE Z-SIGNED TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE Z-POINT TO E-POINT. PERFORM TELL-POINT.
           MOVE Z-LEADING TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE Z-TRAILING TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE P-SIGNED TO E-POINT. PERFORM TELL-POINT.
           MOVE P-PLAIN TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE P-LONG TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE B-HALF TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE B-FULL TO E-POINT. PERFORM TELL-POINT.
           MOVE B-DOUBLE TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE B-PLAIN TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE N-FULL TO E-WHOLE. PERFORM TELL-WHOLE.
           MOVE N-PLAIN TO E-WHOLE. PERFORM TELL-WHOLE.
           PERFORM VARYING J FROM 1 BY 1 UNTIL J > 3
               MOVE QTY(J) TO E-WHOLE
               PERFORM TELL-WHOLE
           END-PERFORM.
           DISPLAY " ".
       TELL-WHOLE.
           DISPLAY ";" FUNCTION TRIM(E-WHOLE) WITH NO ADVANCING.
       TELL-POINT.
           DISPLAY ";" FUNCTION TRIM(E-POINT) WITH NO ADVANCING.
